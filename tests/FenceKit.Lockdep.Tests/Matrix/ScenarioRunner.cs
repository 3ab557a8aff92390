// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tests.Matrix;

/// <summary>
/// Runs the scenario language. Words: <c>+A</c> take lock A in the default mode, <c>+A:R</c> in mode W, r, R or by try (t), <c>-A</c> release,
/// <c>=A</c> initialize again; <c>H(</c> ... <c>)</c> run inside context H, <c>mH(</c> ... <c>)</c> with H masked, <c>u</c> end the innermost mask early.
/// X1 and X2 are two locks of class X; a lock without a number is the only one of its class.
/// </summary>
internal sealed class ScenarioRunner
{
    private readonly Dictionary<string, LockClass> _classes = [];
    private readonly Dictionary<string, LockMap> _maps = [];
    private readonly Dictionary<string, object> _objects = [];
    private readonly Dictionary<char, InterruptingContext> _contexts = [];
    private readonly HashSet<string> _local;
    private readonly bool _useObjects;
    private readonly char _default;

    public ScenarioRunner(char defaultMode, bool useObjects = false, bool queuedReaders = false, params string[] local)
    {
        _default = defaultMode;
        _useObjects = useObjects;
        QueuedReaders = queuedReaders;
        _local = [.. local];
        Sink = new CollectingSink();
        Validator = new LockValidator(new LockValidatorOptions { Sinks = [Sink], CaptureStacks = false });
    }

    public LockValidator Validator { get; }

    public CollectingSink Sink { get; }

    /// <summary>A plain read queues behind writers in a task and passes them inside a context.</summary>
    public bool QueuedReaders { get; }

    public void Define(char letter, char? parent = null)
        => _contexts.Add(letter, Validator.DefineContext(letter.ToString(), parent is { } above ? _contexts[above] : null));

    public string[] Edges => [.. Validator.GetDependencies().Select(static edge => $"{edge.From}>{edge.To}:{Short(edge.Kinds)}")];

    public void Run(string line)
    {
        string[] words = line.Replace("(", "( ", StringComparison.Ordinal).Replace(")", " ) ", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int at = 0;
        LockSectionScope none = default;
        Run(words, ref at, ref none, depth: 0);
    }

    private void Run(string[] words, ref int at, ref LockSectionScope mask, int depth)
    {
        while (at < words.Length)
        {
            string word = words[at++];
            switch (word[0])
            {
                case ')':
                    return;
                case 'u':
                    mask.Dispose();
                    break;
                case '+':
                    Take(word[1..], depth > 0);
                    break;
                case '-':
                    Validator.Release(InstanceOf(word[1..]));
                    break;
                case '=':
                    Validator.Reinitialize(MapOf(word[1..]));
                    break;
                case 'm':
                    Masked(word[1], words, ref at, depth);
                    break;
                default:
                    Inside(word[0], words, ref at, depth);
                    break;
            }
        }
    }

    private void Masked(char letter, string[] words, ref int at, int depth)
    {
        LockSectionScope mask = Validator.MaskContext(_contexts[letter]);
        try
        {
            Run(words, ref at, ref mask, depth);
        }
        finally
        {
            mask.Dispose();
        }
    }

    private void Inside(char letter, string[] words, ref int at, int depth)
    {
        // As in the kernel's suite: a context is entered with everything above it masked too.
        InterruptingContext context = _contexts[letter];
        LockSectionScope above = context.Parent is { } parent ? Validator.MaskContext(parent) : default;
        LockSectionScope none = default;
        using (Validator.EnterContext(context))
        {
            Run(words, ref at, ref none, depth + 1);
        }

        above.Dispose();
    }

    private void Take(string word, bool isInContext)
    {
        string name = word.Split(':')[0];
        char mode = word.Contains(':', StringComparison.Ordinal) ? word[^1] : _default;
        if (mode == 'q')
        {
            mode = isInContext ? 'R' : 'r';
        }

        var options = new LockAcquireOptions
        {
            Mode = mode switch
            {
                'r' => LockAcquireMode.Shared,
                'R' => LockAcquireMode.SharedRecursive,
                'U' => LockAcquireMode.Upgradeable,
                _ => LockAcquireMode.Exclusive,
            },
            Attempt = mode == 't' ? LockAttempt.Try : LockAttempt.Blocking,
        };
        if (_useObjects)
        {
            Validator.Acquire(ClassOf(name), InstanceOf(name), options, null);
        }
        else if (mode == 'W')
        {
            Validator.Acquire(MapOf(name));
        }
        else
        {
            Validator.Acquire(MapOf(name), options);
        }
    }

    private LockClass ClassOf(string name)
    {
        string letter = name.TrimEnd('0', '1', '2', '3', '4');
        if (!_classes.TryGetValue(letter, out LockClass? lockClass))
        {
            lockClass = LockClass.Create(letter, new LockClassOptions { IsContextLocal = _local.Contains(letter) });
            _classes.Add(letter, lockClass);
        }

        return lockClass;
    }

    private LockMap MapOf(string name)
    {
        if (!_maps.TryGetValue(name, out LockMap? map))
        {
            map = new LockMap(ClassOf(name), name);
            _maps.Add(name, map);
        }

        return map;
    }

    private object InstanceOf(string name)
    {
        if (!_useObjects)
        {
            return MapOf(name);
        }

        if (!_objects.TryGetValue(name, out object? instance))
        {
            instance = new object();
            _objects.Add(name, instance);
        }

        return instance;
    }

    private static string Short(LockDependencyKinds kinds)
    {
        var names = new List<string>();
        (LockDependencyKinds Kind, string Name)[] all =
        [
            (LockDependencyKinds.ExclusiveToRecursive, "ER"),
            (LockDependencyKinds.ExclusiveToQueued, "EN"),
            (LockDependencyKinds.SharedToRecursive, "SR"),
            (LockDependencyKinds.SharedToQueued, "SN"),
        ];
        foreach ((LockDependencyKinds kind, string name) in all)
        {
            if (kinds.HasFlag(kind))
            {
                names.Add(name);
            }
        }

        return string.Join('+', names);
    }
}
