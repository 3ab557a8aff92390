namespace FenceKit.Structure.Tests;

/// <summary>What breaks a rule of the house today, from known-exceptions.txt: the list may only shrink.</summary>
internal static class KnownExceptions
{
    /// <summary>Fails for what is found and not listed, and for what is listed and no longer found.</summary>
    internal static void AssertExactly(string rule, IEnumerable<string> found)
    {
        string[] listed = [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "known-exceptions.txt"))
            .Where(line => line.StartsWith(rule + ": ", StringComparison.Ordinal))
            .Select(line => line[(rule.Length + 2)..])];
        string[] actual = [.. found.Distinct().Order(StringComparer.Ordinal)];
        string[] added = [.. actual.Except(listed)], mended = [.. listed.Except(actual)];
        Assert.True(added.Length == 0, $"New against the rule \"{rule}\" (put the code into the room where it belongs):\n" + string.Join('\n', added));
        Assert.True(mended.Length == 0, $"No longer against the rule \"{rule}\" (take these out of known-exceptions.txt):\n" + string.Join('\n', mended));
    }
}
