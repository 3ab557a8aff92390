// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>What fencekit-lockdep makes of a program, beside the program as it is: each side is a process.</summary>
internal static class RewrittenRows
{
    private const int RequestsUntilCompiled = 15_000;

    internal static IEnumerable<RatioRow> All() =>
    [
        Locks("lockdep.tool.monitor", "monitor", 2.2, isOff: false, "a lock statement, rewritten, known"),
        Locks("lockdep.tool.off", "monitor", 1.4, isOff: true, "a lock statement, rewritten, switched off"),
        Locks("lockdep.tool.nested8", "nested8", 3, isOff: false, "eight lock statements inside each other, rewritten, known"),
        Requests(),
        Start("lockdep.tool.start", "Web", "once", "a server that starts, answers one request and ends, rewritten before"),
        Start("lockdep.tool.start.least", "Cost", "nothing", "a program that does nothing, rewritten before"),
    ];

    private static RatioRow Locks(string name, string what, double limit, bool isOff, string text)
    {
        ServedProgram rewritten = new("Cost", [], isOff, warmUp: 0, "serve", what);
        ServedProgram bare = new("Cost", null, isOff: false, warmUp: 0, "serve", what);
        return new(name, rewritten.Run, bare.Run, limit, text, "the same, compiled as it is") { Allocated = () => rewritten.Allocated };
    }

    private static RatioRow Requests()
    {
        ServedProgram rewritten = Web(["--framework"], isOff: false), bare = Web(null, isOff: false), off = Web(["--framework"], isOff: true);
        return new("lockdep.tool.kestrel", rewritten.Run, bare.Run, 1.3, "a request, Kestrel and HttpClient, framework rewritten", "the same as it is")
        {
            Allocated = () => rewritten.Allocated,
            Floor = off.Run,
            FloorText = "the framework rewritten, switched off",
        };
    }

    // The tool is a program of .NET itself: whatever it does, it has started before the other does.
    private static RatioRow Start(string name, string program, string argument, string text)
    {
        string[] bare = [BuiltProgram.Case(program), argument];
        return new(name, BuiltProgram.Starts([BuiltProgram.Tool, "run", "--", "dotnet", .. bare]), BuiltProgram.Starts(bare), 1.3, text, "the same as it is")
        {
            Allocated = static () => 0, // in processes that have ended
            Floor = BuiltProgram.Starts([BuiltProgram.Case("Cost"), "start", "dotnet", .. bare]),
            FloorText = "started by a program of .NET that does nothing else",
        };
    }

    private static ServedProgram Web(string[]? toolOptions, bool isOff) => new("Web", toolOptions, isOff, RequestsUntilCompiled, "serve");
}
