// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using FenceKit.Lockdep.Graph;
using FenceKit.Lockdep.Held;
using FenceKit.Lockdep.Rules;

namespace FenceKit.Lockdep;

/// <summary>
/// Observes the order in which locks are acquired, and reports an order that can deadlock on the first run in which both halves of it were
/// seen, even if they were seen on one thread one after the other.
/// </summary>
/// <remarks>
/// <para>Thread safe. Each validator has its own graph and its own view of what each thread holds; most programs use <see cref="Default"/>.</para>
/// <para>A repeated acquisition of a thread costs a few nanoseconds, no allocation and no shared write. New ones are validated under an
/// internal lock; no user code and no sink runs under it.</para>
/// <para>The semantics are those of Linux lockdep, with instances added: see docs/lockdep.md.</para>
/// </remarks>
[DebuggerDisplay("{_graph.NodeCount} classes, {_graph.EdgeCount} dependencies, {_reports} reports")]
public sealed partial class LockValidator
{
    /// <summary>The name of the runtime option that switches the drop-in locks on.</summary>
    public const string OptionName = "FenceKit.Lockdep.Enabled";

    /// <summary>The name of the environment variable that enables them with the value 1.</summary>
    public const string VariableName = "FENCEKIT_LOCKDEP";

    /// <summary>
    /// The name of the environment variable with the path of a file to which the default validator appends its reports, unless the program
    /// sets another validator.
    /// </summary>
    public const string ReportsVariableName = "FENCEKIT_LOCKDEP_REPORTS";

    private static readonly UninterruptedLock s_defaultLock = new();
    private static LockValidator? s_default;

    // No code that could take another lock is called under it, except for the list of threads.
    private readonly UninterruptedLock _gate = new();
    private readonly DependencyGraph _graph = new();
    private readonly SituationTable _situations = new();
    private readonly DeadlockSearch _search;
    private readonly CycleRule _cycles;
    private readonly ContextRule _contextRule;
    private readonly ConcurrentDictionary<ulong, ChainRecord> _chains = new();
    private readonly ConditionalWeakTable<object, LockMap> _foreign = [];
    private readonly HashSet<ulong> _lockSets = [];  // keys of sets of held locks with the wanted lock
    private readonly HashSet<ulong> _placeSets = []; // the same keys mixed with the sites: another kind of key, so a separate set
    private readonly LockValidatorOptions _options;

    // Part of every key. A change invalidates everything that threads have cached; they are told, see LockHolder.MarkStale.
    private ulong _seed = 0x9E6C63D0876A9A47UL;

    /// <summary>Creates a validator with an empty graph.</summary>
    /// <param name="options">The options, or null for the defaults.</param>
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

    /// <summary>Whether the drop-in locks report to a validator. If not, they are the bare locks: the compiler removes the rest.</summary>
    /// <remarks>
    /// True when the runtime option <see cref="OptionName"/> is true (a RuntimeHostConfigurationOption in the project file), or else when
    /// the environment variable <see cref="VariableName"/> is 1. Read once. A validator that is called directly always validates.
    /// </remarks>
    public static bool IsEnabled => LockValidatorSwitch.IsEnabled;

    /// <summary>
    /// The validator of the drop-in locks that were given none. Unless it is replaced, it writes to the event source, and to the file named
    /// by <see cref="ReportsVariableName"/> if there is one, or else to standard error. Sinks can be added at any time.
    /// </summary>
    /// <exception cref="InvalidOperationException">On setting: the default validator is already in use.</exception>
    /// <exception cref="ArgumentNullException">On setting: the value is null.</exception>
    public static LockValidator Default
    {
        get
        {
            // Pairs with the write below: a validator that is seen is complete.
            return Volatile.Read(ref s_default) ?? MakeDefault();
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using (s_defaultLock.EnterScope())
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

    /// <summary>Pairs with the write in ForgetChainsLocked.</summary>
    internal ulong Seed => Volatile.Read(ref _seed);

    private static LockValidator MakeDefault()
    {
        using (s_defaultLock.EnterScope())
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
