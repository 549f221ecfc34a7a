# What `make install` puts elsewhere works from there, without the source tree or the build.
make -s -C "$ROOT" BUILD="$BUILD" install PREFIX="$PWD/usr" >log 2>&1 || { cat log; exit 1; }
mv usr moved
cp "$ROOT/examples/sum_of_products.mr" .
env -i PATH="$PWD/moved/bin:/usr/bin:/bin" mrc sum_of_products.mr
[ "$(./sum_of_products)" = "Sum of the products equals 843350" ]
[ "$(env -i PATH="$PWD/moved/bin:/usr/bin:/bin" mrrun -n 3 ./sum_of_products)" = "Sum of the products equals 843350" ]
[ "$(echo "map x => x * x over 1..10 reduce sum" | env -i PATH="$PWD/moved/bin:/usr/bin:/bin" mri -i)" = "385 : int" ]
[ "$(env -i HOME="$PWD" PATH="$PWD/moved/bin:/usr/bin:/bin" mrc run -n 2 sum_of_products.mr)" = "Sum of the products equals 843350" ]
! grep -aqF "$ROOT/stdlib" moved/bin/mrc
moved/bin/mr-kernel --version
grep -qF "\"$PWD/usr/bin/mr-kernel\"" moved/share/jupyter/kernels/mr/kernel.json
