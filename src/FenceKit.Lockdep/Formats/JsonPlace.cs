// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>
/// A value in untrusted JSON, with its path. Unexpected content causes a <see cref="FormatException"/> that names the path.
/// </summary>
internal sealed class JsonPlace
{
    /// <summary>The maximum length of a text: enough for a message with a cycle of a hundred classes with the longest names.</summary>
    internal const int LongestText = 1 << 20;

    private readonly JsonPlace? _parent;
    private readonly string? _name;
    private readonly int _index;
    private readonly JsonElement _value;

    private JsonPlace(JsonElement value, JsonPlace? parent, string? name, int index)
    {
        _value = value;
        _parent = parent;
        _name = name;
        _index = index;
    }

    public static JsonPlace Root(JsonDocument document) => new(document.RootElement, null, null, 0);

    public bool IsNull => _value.ValueKind == JsonValueKind.Null;

    /// <summary>A required property.</summary>
    public JsonPlace this[string name] => Find(name) ?? throw Bad($"lacks \"{name}\"");

    /// <summary>An optional property.</summary>
    public JsonPlace? Find(string name)
    {
        Expect(JsonValueKind.Object, "an object");
        return _value.TryGetProperty(name, out JsonElement value) ? new JsonPlace(value, this, name, 0) : null;
    }

    public T[] Array<T>(Func<JsonPlace, T> read)
    {
        Expect(JsonValueKind.Array, "an array");
        var items = new T[_value.GetArrayLength()];
        int index = 0;
        foreach (JsonElement item in _value.EnumerateArray())
        {
            items[index] = read(new JsonPlace(item, this, null, index));
            index++;
        }

        return items;
    }

    public string Text()
    {
        Expect(JsonValueKind.String, "a text");
        string text;
        try
        {
            text = _value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Bad("holds half a character");
        }

        return text.Length <= LongestText ? text : throw Bad($"is longer than {LongestText} characters");
    }

    public string? TextOrNull() => IsNull ? null : Text();

    public bool Truth() => _value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad("is not true or false"),
    };

    public int Number(int least, int most)
    {
        Expect(JsonValueKind.Number, "a number");
        return _value.TryGetInt32(out int number) && number >= least && number <= most ? number
            : throw Bad($"is not a whole number from {least} to {most}");
    }

    /// <summary>An enumeration value, by its name only.</summary>
    public T Name<T>()
        where T : struct, Enum
        => TryName(Text(), out T value) ? value : throw Bad($"is none of {string.Join(", ", Enum.GetNames<T>())}");

    /// <summary>A combination of flags, as <see cref="Enum.ToString()"/> writes it; at least one.</summary>
    public LockDependencyKinds Kinds()
    {
        LockDependencyKinds kinds = LockDependencyKinds.None;
        foreach (string name in Text().Split(", "))
        {
            kinds |= TryName(name, out LockDependencyKinds kind) && kind != LockDependencyKinds.None ? kind
                : throw Bad($"is not made of {string.Join(", ", Enum.GetNames<LockDependencyKinds>().Skip(1))}");
        }

        return kinds;
    }

    public FormatException Bad(string why) => new($"The report cannot be read: {Path()} {why}.");

    private static bool TryName<T>(string text, out T value)
        where T : struct, Enum
    {
        // Enum.TryParse also accepts numbers, blanks and lists.
        foreach (T candidate in Enum.GetValues<T>())
        {
            if (candidate.ToString() == text)
            {
                value = candidate;
                return true;
            }
        }

        value = default;
        return false;
    }

    private void Expect(JsonValueKind kind, string what)
    {
        if (_value.ValueKind != kind)
        {
            throw Bad($"is not {what}");
        }
    }

    private string Path() => _parent switch
    {
        null => "the report",
        { _parent: null } when _name is not null => _name,
        _ => _name is null ? $"{_parent.Path()}[{_index}]" : $"{_parent.Path()}.{_name}",
    };
}
