// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool;
using FenceKit.Lockdep.Tool.Commands;

Terminal terminal = Terminal.OfProcess();
return terminal.Guard(() => PlainRun.Of(args) is { } run ? run.Invoke(terminal, TimeProvider.System) : new ToolCommand(terminal, TimeProvider.System).Invoke(args));
