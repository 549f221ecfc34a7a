# The test bed itself: three nodes that run something; commands see what Slurm promises.
[ "$(srun -N3 hostname | wc -l)" = 3 ]
[ "$(srun -N3 --label printenv SLURMD_NODENAME | sort | tr '\n' ' ')" = "0: mr1 1: mr2 2: mr3 " ]
[ "$(srun -n 6 printenv SLURM_PROCID | sort | tr '\n' ' ')" = "0 1 2 3 4 5 " ]
status=0; srun -n 2 bash -c 'exit 7' 2>err || status=$?
[ "$status" = 7 ] || { echo "exit status $status of a step, expected 7"; cat err; exit 1; }
