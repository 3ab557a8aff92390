// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>A source line where a lock is acquired.</summary>
/// <remarks>Create it once per source line and keep it; an assembly rewriter stores one in a static field per call. Thread safe.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class LockSite
{
    private const uint SpreadFactor = 0x9E37_79B1; // odd, and its bits are far apart

    private static readonly ConcurrentDictionary<(string File, int Line), LockSite> s_byPlace = new();

    private static int s_count; // the number of sites created; interlocked

    private LockTrace? _firstStack;

    /// <summary>Creates a site.</summary>
    /// <param name="file">The file; reports show its name without the folder.</param>
    /// <param name="line">The line, or 0 when it is not known.</param>
    /// <param name="member">The method, or null when it is not known.</param>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="line"/> is negative.</exception>
    public LockSite(string file, int line, string? member = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(line);
        File = file;
        Line = line;
        Member = member;
    }

    /// <summary>A hash that differs for each site of a program; threads look sites up by it.</summary>
    internal uint Spread { get; } = (uint)Interlocked.Increment(ref s_count) * SpreadFactor;

    /// <summary>The file as given to the constructor.</summary>
    public string File { get; }

    /// <summary>The line, or 0.</summary>
    public int Line { get; }

    /// <summary>The method, if it is known.</summary>
    public string? Member { get; }

    /// <summary>The call stack of the first acquisition at this site that a validator examined, if stacks are captured.</summary>
    public IReadOnlyList<string> FirstStack => Volatile.Read(ref _firstStack)?.Frames ?? []; // Pairs with the exchange in Remember().

    /// <summary>The source line of the call.</summary>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    /// <param name="member">Filled in by the compiler.</param>
    public static LockSite Here([CallerFilePath] string file = "", [CallerLineNumber] int line = 0, [CallerMemberName] string? member = null)
        => new(file, line, member);

    /// <inheritdoc/>
    public override string ToString()
    {
        // A lone surrogate is escaped here already; otherwise a report that is read back would name another file.
        string name = FileNameOf(WellFormed.Of(File));
        string place = Line == 0 ? name : $"{name}:{Line}";
        return Member is null ? place : $"{place} in {Member}";
    }

    internal static LockSite At(string file, int line)
        => s_byPlace.GetOrAdd((file, line), static key => new LockSite(key.File, key.Line));

    // Source paths come from the machine that compiled the caller, so both separators count on every platform.
    internal static string FileNameOf(string path) => path[(path.LastIndexOfAny(['/', '\\']) + 1)..];

    // The first stack is enough: later ones add nothing to a report. Pairs with the read in FirstStack.
    internal void Remember(LockTrace stack) => Interlocked.CompareExchange(ref _firstStack, stack, null);
}
