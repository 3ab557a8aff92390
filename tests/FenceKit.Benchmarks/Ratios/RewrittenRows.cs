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
        .. Starts(".portable", BuiltProgram.Tool, "the tool as it is built"),
        .. BuiltProgram.NativeTool is { } native ? Starts("", native, "the tool as a native program") : [],
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

    private static IEnumerable<RatioRow> Starts(string kind, string[] tool, string which) =>
    [
        Start($"lockdep.tool.start{kind}", tool, "Web", "once", $"a server that starts, answers one request and ends, rewritten before; {which}"),
        Start($"lockdep.tool.start{kind}.least", tool, "Cost", "nothing", $"a program that does nothing, rewritten before; {which}"),
    ];

    // A tool that is a program of .NET itself has to start, whatever it does, before the other does.
    private static RatioRow Start(string name, string[] tool, string program, string argument, string text)
    {
        string[] bare = ["dotnet", BuiltProgram.Case(program), argument];
        bool isNative = tool[0] != "dotnet";
        return new(name, BuiltProgram.Starts([.. tool, "run", "--", .. bare]), BuiltProgram.Starts(bare), 1.3, text, "the same as it is")
        {
            Allocated = static () => 0, // in processes that have ended
            Floor = isNative ? BuiltProgram.StartsWithHook(BuiltProgram.Case("Cost"), bare) : BuiltProgram.Starts(["dotnet", BuiltProgram.Case("Cost"), "start", .. bare]),
            FloorText = isNative ? "with a startup hook that does nothing" : "started by a program of .NET that does nothing else",
        };
    }

    private static ServedProgram Web(string[]? toolOptions, bool isOff) => new("Web", toolOptions, isOff, RequestsUntilCompiled, "serve");
}
