// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>What fencekit-lockdep makes of a program, beside the program as it is: each side is a process.</summary>
internal static class RewrittenRows
{
    internal static IEnumerable<RatioRow> All() =>
    [
        Locks("lockdep.tool.monitor", "monitor", 2.2, isOff: false, "a lock statement, rewritten, known"),
        Locks("lockdep.tool.off", "monitor", 1.4, isOff: true, "a lock statement, rewritten, switched off"),
        Locks("lockdep.tool.nested8", "nested8", 3, isOff: false, "eight lock statements inside each other, rewritten, known"),
        Row("lockdep.tool.kestrel", "Web", 1.3, isOff: false, "a request, Kestrel and HttpClient, framework rewritten", "the same as it is", ["--framework"], "serve"),
    ];

    private static RatioRow Locks(string name, string what, double limit, bool isOff, string text)
        => Row(name, "Cost", limit, isOff, text, "the same, compiled as it is", [], "serve", what);

    private static RatioRow Row(string name, string program, double limit, bool isOff, string text, string besideText, string[] toolOptions, params string[] arguments)
    {
        ServedProgram rewritten = new(program, toolOptions, isOff, arguments);
        ServedProgram bare = new(program, null, isOff: false, arguments);
        return new(name, rewritten.Run, bare.Run, limit, text, besideText) { Allocated = () => rewritten.Allocated };
    }
}
