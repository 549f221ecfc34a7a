#!/usr/bin/env python3
"""Jupyter's own tests of kernels, with samples in mr."""

import unittest

import jupyter_kernel_test


class MrKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "mr"
    language_name = "mr"
    file_extension = ".mr"
    code_hello_world = 'print("hello, world")'
    code_stderr = 'log("to the log")'
    completion_samples = [{"text": "most_comm", "matches": {"most_common"}}]
    complete_code_samples = ["1", 'print("hello")', "fn f(x) {\n  x\n}"]
    incomplete_code_samples = ["fn f(x) {", "let a = [1,", '"""']
    invalid_code_samples = ["let = 3", "fn f(x) ) = 1"]
    code_inspect_sample = "most_common"
    code_generate_error = "1 // 0"
    code_execute_result = [{"code": "6 * 7", "result": "42 : int"}, {"code": '"a" + "b"', "result": '"ab" : string'}]
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "6?*"


if __name__ == "__main__":
    unittest.main()
