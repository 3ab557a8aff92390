// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Commands;

namespace FenceKit.Lockdep.Tool.Tests.Support;

/// <summary>The tool's command line in this process, with what it wrote.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    public static ToolRun Of(params string[] arguments) => Of(TimeProvider.System, arguments);

    public static ToolRun Of(TimeProvider clock, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        int code = new ToolCommand(new Terminal(output, error, isOutputSeen: false, isErrorSeen: false), clock).Invoke(arguments);
        return new ToolRun(code, output.ToString(), error.ToString());
    }
}
