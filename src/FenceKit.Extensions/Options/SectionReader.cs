// SPDX-License-Identifier: MIT
using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace FenceKit.Extensions;

/// <summary>
/// Reads typed values from a section of the configuration. Used in place of the configuration binder, which needs reflection, so that
/// trimming and AOT work.
/// </summary>
internal readonly struct SectionReader(IConfiguration section)
{
    internal int Read(string key, int usual) =>
        Text(key) is not { } text ? usual
        : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) ? value
        : throw Bad(key, text, "a whole number");

    internal bool Read(string key, bool usual) =>
        Text(key) is not { } text ? usual : bool.TryParse(text, out bool value) ? value : throw Bad(key, text, "true or false");

    internal TimeSpan Read(string key, TimeSpan usual) => ReadOptional(key) ?? usual;

    internal TimeSpan? ReadOptional(string key) =>
        Text(key) is not { } text ? null
        : text.Equals("Infinite", StringComparison.OrdinalIgnoreCase) ? Timeout.InfiniteTimeSpan
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out TimeSpan value) ? value
        : throw Bad(key, text, "a time such as 00:00:30, or Infinite");

    internal TEnum Read<TEnum>(string key, TEnum usual)
        where TEnum : struct, Enum =>
        Text(key) is not { } text ? usual
        : Enum.TryParse(text, ignoreCase: true, out TEnum value) ? value
        : throw Bad(key, text, $"one of {string.Join(", ", Enum.GetNames<TEnum>())}");

    internal string? Text(string key) => section[key] is { Length: > 0 } text ? text.Trim() : null;

    internal SectionReader Below(string key, string name) => new(section.GetSection(key).GetSection(name));

    private InvalidOperationException Bad(string key, string text, string expected)
    {
        string path = section is IConfigurationSection { Path: var above } ? ConfigurationPath.Combine(above, key) : key;
        return new InvalidOperationException($"The setting '{path}' is '{text}', not {expected}.");
    }
}
