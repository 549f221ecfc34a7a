# make check-security: strangers at the sockets of a run for a minute, ten million random frames, and another user of the machine; the
# quick forms are among the scripts of tests/run.py.
.PHONY: check-security
check-security: all
	@for t in security private over_tcp; do \
	  folder=$$(mktemp -d) || exit 1; \
	  (cd $$folder && LONG=1 ROOT=$(CURDIR) BUILD=$(abspath $(BUILD)) MRC=$(abspath $(BUILD))/bin/mrc MRRUN=$(abspath $(BUILD))/bin/mrrun \
	    timeout 1800 bash -euo pipefail $(CURDIR)/tests/script/$$t.sh); \
	  status=$$?; rm -rf $$folder; [ $$status = 0 ] || { echo "$$t failed: status $$status"; exit 1; }; \
	done
