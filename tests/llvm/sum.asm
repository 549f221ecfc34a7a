"kernel 0":
imulq
adcq
mr_fail_overflow
"merge 0":
adcq
"finish 0":
mr_fail_sum
"top level":
mr_job_run
main:
mr_main
mr_program:
