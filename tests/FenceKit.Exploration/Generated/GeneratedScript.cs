namespace FenceKit.Exploration;

internal enum GeneratedActionKind
{
    Map,
    Replace,
    TryReplace,
    BackOff,
}

/// <param name="Kind">What to do.</param>
/// <param name="Range">Where.</param>
/// <param name="SecondRange">Empty, or the second range of a batch.</param>
/// <param name="Subscriber">Who maps.</param>
internal sealed record GeneratedAction(GeneratedActionKind Kind, AddressRange Range, AddressRange SecondRange, int Subscriber)
{
    public override string ToString() => Kind == GeneratedActionKind.Map
        ? $"map {Short(Range)} by {Subscriber}"
        : $"{Kind} {Short(Range)}{(SecondRange.IsEmpty ? "" : $" and {Short(SecondRange)}")}";

    internal static string Short(AddressRange range) => $"{range.Start}..{range.End}";
}

/// <summary>What a seed stands for: subscribers of overlapping ranges, and two or three bodies of a few actions each.</summary>
internal sealed class GeneratedScript
{
    public const int Places = 4;

    private readonly Random _random;

    public GeneratedScript(int seed)
    {
        _random = new Random(seed); // a seed gives the same numbers on every machine and in every version
        int subscribers = _random.Next(1, 4);
        for (int i = 0; i < subscribers; i++)
        {
            Subscribers.Add((RangeWithin(new AddressRange(0, Places)), (ShadowTraits)_random.Next(8)));
        }

        HasDevices = Subscribers.Exists(subscriber => subscriber.Traits.HasFlag(ShadowTraits.Device));
        int bodies = HasDevices ? 2 : _random.Next(2, 4);
        for (int i = 0; i < bodies; i++)
        {
            // The first is an owner and the second maps, or nothing could happen at all.
            List<GeneratedAction> body = [i == 0 ? Own() : i == 1 ? Map() : Any()];
            if (bodies == 2 || _random.Next(3) == 0)
            {
                body.Add(Any());
            }

            Bodies.Add(body);
        }
    }

    public List<(AddressRange Range, ShadowTraits Traits)> Subscribers { get; } = [];

    public List<List<GeneratedAction>> Bodies { get; } = [];

    /// <summary>One thread more signals for them.</summary>
    public bool HasDevices { get; }

    public override string ToString() =>
        string.Join("; ", Subscribers.Select((subscriber, i) => $"{i}: {GeneratedAction.Short(subscriber.Range)} {subscriber.Traits}"))
        + " | " + string.Join(" | ", Bodies.Select(body => string.Join(", ", body)));

    private GeneratedAction Any() => _random.Next(2) == 0 ? Own() : Map();

    private GeneratedAction Own()
    {
        GeneratedActionKind kind = _random.Next(4) switch
        {
            0 => GeneratedActionKind.TryReplace,
            1 => GeneratedActionKind.BackOff,
            _ => GeneratedActionKind.Replace,
        };
        AddressRange range = RangeWithin(new AddressRange(0, Places));
        bool isBatch = range.End + 1 < Places && _random.Next(3) == 0;
        return new GeneratedAction(kind, range, isBatch ? RangeWithin(new AddressRange(range.End + 1, Places)) : default, 0);
    }

    private GeneratedAction Map()
    {
        int subscriber = _random.Next(Subscribers.Count);
        return new GeneratedAction(GeneratedActionKind.Map, RangeWithin(Subscribers[subscriber].Range), default, subscriber);
    }

    private AddressRange RangeWithin(AddressRange outer)
    {
        ulong start = outer.Start + (ulong)_random.Next((int)outer.Length);
        return new AddressRange(start, start + 1 + (ulong)_random.Next((int)(outer.End - start)));
    }
}
