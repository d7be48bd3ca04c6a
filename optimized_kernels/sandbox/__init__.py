"""Confinement of programs nobody has read: no network, one writable folder, limits, no process left behind.

    sandbox = find_sandbox("any")
    confined = sandboxed(command, scratch=scratch, readable=(), limits=Limits(), sandbox=sandbox)
    subprocess.Popen(confined.argv, env={**environment, **confined.environment}, ...)

Imports the standard library only, and runs without site packages.
"""

from optimized_kernels.sandbox.command import SandboxedCommand as SandboxedCommand
from optimized_kernels.sandbox.command import command_process as command_process
from optimized_kernels.sandbox.command import sandboxed as sandboxed
from optimized_kernels.sandbox.limits import Limits as Limits
from optimized_kernels.sandbox.options import SandboxOptions as SandboxOptions
from optimized_kernels.sandbox.options import SandboxOptionsError as SandboxOptionsError
from optimized_kernels.sandbox.options import parse_options as parse_options
from optimized_kernels.sandbox.probe import Sandbox as Sandbox
from optimized_kernels.sandbox.probe import SandboxUnavailable as SandboxUnavailable
from optimized_kernels.sandbox.probe import find_sandbox as find_sandbox
from optimized_kernels.sandbox.watch import Watch as Watch
from optimized_kernels.sandbox.watch import Watchdog as Watchdog
from optimized_kernels.sandbox.watch import kill_tree as kill_tree
from optimized_kernels.sandbox.watch import reap_adopted as reap_adopted
