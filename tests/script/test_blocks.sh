# mrc test: one line for each test, why one fails, the counts, and status 1 when one does.
cat > tests.mr <<'E2'
fn double(x) = x * 2
print("a statement, which mrc test does not run")
test "doubling" { assert(double(21) == 42) }
test "a let further down" { assert(late == 5) }
test "wrong" { assert(double(2) == 5, "double(2) is {double(2)}") }
test "a job that fails" { print(map x => 1 // (x - 7) over 1..10000 reduce sum) }
let late = 5
E2
status=0
"$MRC" test tests.mr >out 2>err || status=$?
[ "$status" = 1 ] || { echo "status $status"; cat out err; exit 1; }
cat > expected <<'E2'
passed: doubling
passed: a let further down
FAILED: wrong
    double(2) is 4
    at tests.mr:5:16
FAILED: a job that fails
    division by zero: 1 // 0
    at tests.mr:6:42, element 6
2 passed, 2 failed
E2
diff expected out
sed -i '/wrong/d; /fails/d' tests.mr
[ "$("$MRC" test tests.mr | tail -1)" = "2 passed, 0 failed" ]
"$MRC" tests.mr -o program # without the tests
[ "$(./program)" = "a statement, which mrc test does not run" ]
echo 'test "no" { assert(1) }' > wrong.mr
status=0
"$MRC" test wrong.mr >out 2>err || status=$?
[ "$status" = 1 ] && grep -q E0301 err
status=0
"$MRC" test -o here tests.mr 2>err || status=$?
[ "$status" = 2 ]
