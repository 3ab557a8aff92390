// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Formats;

/// <summary>Converts a path that a compiler wrote, on any system, to a URI reference.</summary>
internal static class SourceUri
{
    /// <summary>The root of the sources that the compiler writes in a deterministic build.</summary>
    private const string MappedRoot = "/_/";

    private const string RootId = "%SRCROOT%";

    /// <summary>Returns the URI and, if the path is relative to a known root, the id of that root.</summary>
    public static (string Uri, string? Root) Of(string path)
    {
        string slashes = path.Replace('\\', '/');
        if (slashes.StartsWith(MappedRoot, StringComparison.Ordinal))
        {
            return (Escape(slashes[MappedRoot.Length..]), RootId);
        }

        if (slashes.StartsWith("//", StringComparison.Ordinal))
        {
            return ("file:" + Escape(slashes), null);
        }

        if (slashes.StartsWith('/'))
        {
            return ("file://" + Escape(slashes), null);
        }

        bool hasDrive = slashes.Length > 2 && char.IsAsciiLetter(slashes[0]) && slashes[1] == ':' && slashes[2] == '/';
        return (hasDrive ? $"file:///{slashes[..2]}{Escape(slashes[2..])}" : Escape(slashes), null);
    }

    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
}
