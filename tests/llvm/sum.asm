"kernel 0":
imulq
sarq
mr_fail_overflow
"merge 0":
adcq
"finish 0":
mr_fail_sum
"fn top level part 1":
mr_job_run
"top level":
main:
mr_main
mr_program:
