// SPDX-License-Identifier: MIT
namespace FenceKit.Lockdep.Tool.Running;

/// <summary>Creates a complete copy of a program with rewritten assemblies, which runs anywhere without the tool.</summary>
internal static class RewrittenCopy
{
    /// <summary>Creates the copy.</summary>
    /// <param name="source">The program's folder.</param>
    /// <param name="output">The destination: a folder that is empty or does not exist.</param>
    /// <param name="cache">The cache of rewritten assemblies.</param>
    /// <param name="selection">The assemblies to rewrite.</param>
    /// <param name="progress">Called after each assembly with the number done and the total.</param>
    /// <exception cref="ToolException">The copy cannot be created.</exception>
    public static IReadOnlyList<ShadowFile> Make(string source, string output, RewriteCache cache, AssemblySelection selection, Action<int, int>? progress)
    {
        string from = Path.GetFullPath(source);
        string to = Path.GetFullPath(output);
        if (!Directory.Exists(from))
        {
            throw new ToolException($"There is no folder {from}.");
        }

        if (to == from || to.StartsWith(from.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new ToolException($"The copy must not be in {from}, which it is a copy of.");
        }

        if (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
        {
            throw new ToolException($"{to} is not empty. Name a folder that is, or that is not there.");
        }

        using ShadowFolder shadow = ShadowFolder.Make(from, [], cache, selection, progress);
        try
        {
            Copy(shadow.Path, to);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"{to} cannot be written: {exception.Message}");
        }

        return shadow.Files;
    }

    private static void Copy(string source, string target)
    {
        Directory.CreateDirectory(target);
        foreach (string folder in Directory.GetDirectories(source))
        {
            Copy(folder, Path.Combine(target, Path.GetFileName(folder)));
        }

        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file))); // the target of a link, not the link
        }
    }
}
