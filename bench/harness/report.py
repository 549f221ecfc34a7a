"""Prints one line a figure, with its targets where it has some, and remembers all for --json."""

from harness.run import Failure

MB = 1_000_000


class Report:
    def __init__(self, judges):
        """judges: whether targets are looked at at all; figures of tiny inputs mean nothing."""
        self.judges = judges
        self.rows = []
        self.suite_name = self.title = ""
        self.missed = 0

    def suite(self, title):
        self.title = title
        print(f"\n{title}", flush=True)

    def row(self, what, value, unit, must=None, aim=None, note=""):
        """must: the bound that has to be kept; aim: the one that is hoped for. Bounds are from above where unit is not "a second"."""
        verdict = ""
        if must is not None and self.judges:
            more_is_better = "/s" in unit
            keeps = lambda bound: value >= bound if more_is_better else value <= bound
            sign = "≥" if more_is_better else "≤"
            self.missed += not keeps(must)
            verdict = f"must {sign} {must:,g}: {'met' if keeps(must) else 'MISSED'}"
            if aim is not None:
                verdict += f", aim {sign} {aim:,g}: {'met' if keeps(aim) else 'missed'}"
        self.rows.append({"suite": self.suite_name, "title": self.title, "what": what, "value": value, "unit": unit.strip(),
                          "must": must, "aim": aim, "note": note})
        number = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.3f}"
        print(f"    {what:<46} {number:>10}{unit:<7} {verdict:<42} {note}".rstrip(), flush=True)

    def same(self, what, note=""):
        """What was compared, and is equal."""
        self.rows.append({"suite": self.suite_name, "title": self.title, "what": what, "same": True, "note": note})
        print(f"    {what:<46}       same         {note}".rstrip(), flush=True)

    def skip(self, what, why):
        self.rows.append({"suite": self.suite_name, "title": self.title, "what": what, "skipped": why})
        print(f"    {what:<46} skipped: {why}", flush=True)

    def times(self, measures, reference=None, must=None, aim=None, work=False, judged=None):
        """A line for each command with its median time, then its ratio to the reference's, which is judged (only for the commands in
        `judged`, where that is given). work: the time that the program says its work took."""
        def seconds(m):
            return m.work_median if work else m.median

        for name, m in measures.items():
            note = f"least {min(m.work) if work else m.best:.3f} s"
            note += f", whole process {m.median:.3f} s" if work else f", processor {m.cpu:.3f} s"
            self.row(name, seconds(m), " s", note=f"{note}, peak {m.peak / MB:.0f} MB")
        for name, m in measures.items():
            if reference and name != reference:
                bounds = (must, aim) if judged is None or name in judged else (None, None)
                self.row(f"{name} : {reference}", seconds(m) / seconds(measures[reference]), " times", *bounds)

    def check(self, what, fits, note=""):
        """Something that must hold and has no figure."""
        if not fits:
            raise Failure(f"{what} does not hold: {note}")
        self.same(what, note)
