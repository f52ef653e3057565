"""Runs `discai.commands.smoke` under the name that deployments before it call."""

import runpy

if __name__ == "__main__":
    runpy.run_module("discai.commands.smoke", run_name="__main__")
