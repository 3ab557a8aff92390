// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FenceKit.Lockdep;

/// <summary>A class of locks that obey the same rules. An order observed with one lock of the class counts for all of them.</summary>
/// <remarks>
/// Create it once and keep it, usually in a <c>static readonly</c> field. It belongs to no validator and costs nothing until it is used.
/// Thread safe. The concept is the lock class of Linux lockdep.
/// </remarks>
[DebuggerDisplay("{Name,nq}")]
public sealed class LockClass
{
    /// <summary>The highest subclass that an acquisition may name.</summary>
    public const int MaxSubclass = 7;

    /// <summary>The maximum length of a name, limited by a line of a snapshot.</summary>
    public const int MaxNameLength = 8192;

    private static readonly ConcurrentDictionary<(string File, int Line), LockClass> s_bySite = new();
    private static int s_lastId;

    private LockClass(string name, LockClassOptions options, bool isDeclared)
    {
        Name = name;
        Options = options;
        IsDeclared = isDeclared;
        Id = Interlocked.Increment(ref s_lastId);
    }

    /// <summary>The name in reports and snapshots.</summary>
    public string Name { get; }

    /// <summary>The rules of the class.</summary>
    public LockClassOptions Options { get; }

    /// <summary>
    /// True when the class was declared in code. Findings that rest on classes alone are reported only for declared classes.
    /// </summary>
    public bool IsDeclared { get; }

    internal int Id { get; }

    /// <summary>Declares a class by name. Two calls create two classes, even with the same name.</summary>
    /// <param name="name">
    /// The name in reports. Names should be unique, because snapshots identify classes by name: when several classes have one name, the
    /// later ones get a number there.
    /// </param>
    /// <param name="options">The rules of the class, or null for a plain one.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null, empty or white space, longer than <see cref="MaxNameLength"/>, or holds a control character.</exception>
    public static LockClass Create(string name, LockClassOptions? options = null)
    {
        ValidateName(name);
        return new LockClass(name, options ?? LockClassOptions.Default, isDeclared: true);
    }

    /// <summary>Returns the class of all locks that are created at one source line. Locks without annotation get such a class.</summary>
    /// <param name="options">The rules; only those of the first call are used.</param>
    /// <param name="file">Filled in by the compiler.</param>
    /// <param name="line">Filled in by the compiler.</param>
    public static LockClass ForSite(LockClassOptions? options = null, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        ArgumentNullException.ThrowIfNull(file);
        return s_bySite.GetOrAdd(
            (file, line),
            static (key, rules) => new LockClass(NameOf(key.File, key.Line), rules ?? LockClassOptions.Default, isDeclared: false),
            options);
    }

    /// <summary>Creates a class that a tool has inferred for locks without annotation. No finding rests on such classes alone.</summary>
    /// <param name="name">The name in reports, such as the field that holds the lock.</param>
    /// <param name="options">The rules of the class, or null for a plain one.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is null, empty or white space, longer than <see cref="MaxNameLength"/>, or holds a control character.</exception>
    public static LockClass Infer(string name, LockClassOptions? options = null)
    {
        ValidateName(name);
        return new LockClass(name, options ?? LockClassOptions.Default, isDeclared: false);
    }

    /// <summary>Creates a class whose name is derived from that of another.</summary>
    internal static LockClass Derived(string name, bool isDeclared) => new(name, LockClassOptions.Default, isDeclared);

    /// <summary>Creates the stand-in for a class that a snapshot names. Any name is allowed.</summary>
    internal static LockClass Primed(string name) => new(name, LockClassOptions.Default, isDeclared: true);

    /// <inheritdoc/>
    public override string ToString() => Name;

    // A file name may contain control characters, but a snapshot has one line per entry.
    private static string NameOf(string file, int line)
        => $"{string.Concat(LockSite.FileNameOf(file).TakeLast(MaxNameLength / 2).Select(static character => char.IsControl(character) ? '_' : character))}:{line}";

    private static void ValidateName(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxNameLength)
        {
            throw new ArgumentException($"A class name must not be longer than {MaxNameLength} characters.", nameof(name));
        }

        foreach (char character in name)
        {
            if (char.IsControl(character))
            {
                throw new ArgumentException("A class name must not hold control characters: snapshots are line by line.", nameof(name));
            }
        }
    }
}
