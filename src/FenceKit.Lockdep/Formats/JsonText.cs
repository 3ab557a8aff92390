// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>Writes user texts: the JSON writer throws for a lone surrogate.</summary>
internal static class JsonText
{
    internal static void WriteText(this Utf8JsonWriter json, string name, string? text) =>
        json.WriteString(name, text is null ? null : WellFormed.Of(text));

    internal static void WriteTextValue(this Utf8JsonWriter json, string text) => json.WriteStringValue(WellFormed.Of(text));
}
