// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

/// <summary>
/// Watches in which order locks are taken and reports an order that can hang, on the first run in which both halves of it were seen, even
/// if they were seen on one thread one after the other.
/// </summary>
/// <remarks>
/// <para>Thread safe. Each validator has its own graph and its own view of what each thread holds; most programs use <see cref="Default"/>.</para>
/// <para>An acquisition that a thread repeats costs a few nanoseconds, no allocation and no shared write. What is new is validated under an
/// internal lock; no user code and no sink runs under it.</para>
/// <para>The semantics are those of Linux lockdep, with instances added: see docs/lockdep.md.</para>
/// </remarks>
[DebuggerDisplay("{_graph.NodeCount} classes, {_graph.EdgeCount} dependencies, {_reports} reports")]
public sealed partial class LockValidator
{
    /// <summary>The name of the runtime option that switches the drop-in locks on.</summary>
    public const string OptionName = "FenceKit.Lockdep.Enabled";

    /// <summary>The name of the environment variable that does so with the value 1.</summary>
    public const string VariableName = "FENCEKIT_LOCKDEP";

    /// <summary>The name of the variable that names a file: the default validator appends its reports to it, unless the program sets another one.</summary>
    public const string ReportsVariableName = "FENCEKIT_LOCKDEP_REPORTS";

    private static readonly UninterruptedLock s_defaultGate = new();
    private static LockValidator? s_default;

    // Nothing is called under it that could take another lock, but for the list of threads.
    private readonly UninterruptedLock _gate = new();
    private readonly DependencyGraph _graph = new();
    private readonly SituationTable _situations = new();
    private readonly DeadlockSearch _search;
    private readonly CycleRule _cycles;
    private readonly ContextRule _contextRule;
    private readonly ConcurrentDictionary<ulong, ChainRecord> _chains = new();
    private readonly ConditionalWeakTable<object, LockMap> _foreign = [];
    private readonly HashSet<ulong> _lockSets = [];  // keys of sets of locks with what was wanted under them
    private readonly HashSet<ulong> _placeSets = []; // and those keys mixed with the places: another kind of key, so another set
    private readonly LockValidatorOptions _options;

    // Part of every key. A change makes all that threads know by heart unknown; they are told, see LockHolder.MarkStale.
    private ulong _seed = 0x9E6C63D0876A9A47UL;

    /// <summary>Makes a validator with an empty graph.</summary>
    /// <param name="options">How it behaves, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public LockValidator(LockValidatorOptions? options = null)
    {
        _options = options ?? new LockValidatorOptions();
        _options.Validate();
        _sinks = [.. _options.Sinks];
        _search = new DeadlockSearch(_situations);
        _cycles = new CycleRule(_graph, _search);
        _contextRule = new ContextRule(_graph, ContextNameOf);
        _flow = new AsyncLocal<FlowNode?>(OnFlowChanged);
    }

    /// <summary>Whether the drop-in locks report to a validator. Off, they are the bare lock: the compiler removes the rest.</summary>
    /// <remarks>
    /// On when the runtime option <see cref="OptionName"/> is true (a RuntimeHostConfigurationOption in the project file), or else when the
    /// environment variable <see cref="VariableName"/> is 1. Read once. A validator that is called directly always validates.
    /// </remarks>
    public static bool IsEnabled => LockValidatorSwitch.IsEnabled;

    /// <summary>
    /// The validator of the drop-in locks that are given none. It writes to the event source, and to the file that
    /// <see cref="ReportsVariableName"/> names if there is one, or else to standard error, unless it is replaced.
    /// Sinks can be added to it at any time.
    /// </summary>
    /// <exception cref="InvalidOperationException">On setting: the default is in use already.</exception>
    /// <exception cref="ArgumentNullException">On setting: the value is null.</exception>
    public static LockValidator Default
    {
        get
        {
            // Pairs with the write below: the validator is complete when it is seen.
            return Volatile.Read(ref s_default) ?? MakeDefault();
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using (s_defaultGate.EnterScope())
            {
                if (s_default is not null)
                {
                    throw new InvalidOperationException("The default validator is in use already; set it before the first tracked lock is made.");
                }

                Volatile.Write(ref s_default, value);
            }
        }
    }

    internal HeldStackRegistry Stacks { get; } = new();

    /// <summary>Pairs with the write when something is forgotten.</summary>
    internal ulong Seed => Volatile.Read(ref _seed);

    private static LockValidator MakeDefault()
    {
        using (s_defaultGate.EnterScope())
        {
            if (s_default is null)
            {
                // Pairs with the read in Default.
                Volatile.Write(ref s_default, new LockValidator(LockValidatorSwitch.DefaultOptions));
            }

            return s_default!;
        }
    }
}
