// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Formats;

/// <summary>A path as a compiler wrote it, on whichever system, as a URI reference.</summary>
internal static class SourceUri
{
    /// <summary>What the compiler writes for the root of the sources in a deterministic build.</summary>
    private const string MappedRoot = "/_/";

    private const string RootId = "%SRCROOT%";

    /// <summary>The URI, and the id of the root that it is relative to when the path says so.</summary>
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
