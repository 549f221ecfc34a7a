def run_all(bench, options):
    return 0
