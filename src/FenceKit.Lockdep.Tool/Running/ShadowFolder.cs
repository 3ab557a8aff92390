// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>A file of the program, with the result of rewriting it.</summary>
internal sealed record ShadowFile(string Path, RewriteResult Result);

/// <summary>
/// A folder that mirrors the program's folder: rewritten assemblies in place of the originals, and links to the other files. Nothing is
/// written to the program's own folder. Each run has its own mirror, so that concurrent runs do not interfere. It is in the cache, or
/// beside the program's folder if its location matters.
/// </summary>
internal sealed class ShadowFolder : IDisposable
{
    private const int MostFiles = 50_000;
    private const int MostDepth = 32;
    private const string BesideName = "beside.txt"; // in the folder of the run: a further folder to remove
    private const string BesideMark = ".fencekit-lockdep-";
    private readonly string _run;

    private ShadowFolder(string run, string folder, IReadOnlyList<ShadowFile> files)
    {
        _run = run;
        Path = folder;
        Files = files;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The assemblies that were examined.</summary>
    public IReadOnlyList<ShadowFile> Files { get; }

    /// <summary>Mirrors a folder.</summary>
    /// <param name="source">The program's folder.</param>
    /// <param name="real">Files that must be copies: the runtime's host resolves links.</param>
    /// <param name="cache">The cache of rewritten assemblies.</param>
    /// <param name="selection">The assemblies to rewrite.</param>
    /// <param name="progress">Called after each assembly with the number done and the total.</param>
    /// <param name="topFolders">The direct subfolders to mirror; null for all.</param>
    /// <param name="isBeside">
    /// Whether the mirror is created beside the program's folder, with the same parent folders, because tests look for their data there.
    /// Assemblies and symbols in it are copies: coverage tools write to them, and through a link they would write to the program's own
    /// folder or to the cache.
    /// </param>
    /// <exception cref="ToolException">The folder cannot be mirrored.</exception>
    public static ShadowFolder Make(
        string source, IReadOnlyList<string> real, RewriteCache cache, AssemblySelection selection, Action<int, int>? progress = null,
        IReadOnlyList<string>? topFolders = null, bool isBeside = false)
    {
        string run = System.IO.Path.Combine(Runs, $"{Environment.ProcessId}-{Guid.NewGuid():n}");
        string folder = System.IO.Path.Combine(run, System.IO.Path.GetFileName(source.TrimEnd('/', '\\')));
        try
        {
            folder = (isBeside ? Beside(source, run) : null) ?? folder;
            List<string> assemblies = [];
            int count = 0;
            HashSet<string> copies = real.ToHashSet(StringComparer.Ordinal);
            Predicate<string> isCopy = path => copies.Contains(path) || System.IO.Path.GetExtension(path) is ".json"
                || (isBeside && System.IO.Path.GetExtension(path) is (".dll" or ".exe" or ".pdb"));
            Mirror(source, folder, isCopy, topFolders, assemblies, ref count, depth: 0);
            if (topFolders is null)
            {
                assemblies.AddRange(Directory.GetFiles(source, "*" + DependencyFile.Extension));
                Put(RuntimeAssembly.Path, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(RuntimeAssembly.Path)), isCopy(RuntimeAssembly.Path));
            }

            return new ShadowFolder(run, folder, RewriteAll(source, folder, isCopy, assemblies, cache, selection, progress));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Delete(run);
            throw new ToolException(
                $"{source} cannot be mirrored: {exception.Message} Make room, or set {RewriteCache.FolderVariableName} to another folder.");
        }
        catch
        {
            Delete(run);
            throw;
        }
    }

    /// <summary>Removes the folders of killed runs, whose process no longer exists.</summary>
    /// <returns>The number of removed folders.</returns>
    public static int RemoveAbandoned()
    {
        RemoveAbandoned(RewriteCache.Making); // incomplete entries
        return RemoveAbandoned(Runs);
    }

    public void Dispose() => Delete(_run);

    private static string Runs => System.IO.Path.Combine(RewriteCache.Root, "runs");

    private static int RemoveAbandoned(string place)
    {
        int removed = 0;
        foreach (string folder in Directory.Exists(place) ? Directory.GetDirectories(place) : [])
        {
            string name = System.IO.Path.GetFileName(folder);
            if (int.TryParse(name.AsSpan(0, Math.Max(0, name.IndexOf('-', StringComparison.Ordinal))), out int process) && !IsAlive(process))
            {
                Delete(folder);
                removed++;
            }
        }

        return removed;
    }

    // Recorded before it is created, so that a later run finds it if this one is killed. Null if no folder can be created there.
    private static string? Beside(string source, string run)
    {
        string folder = System.IO.Path.TrimEndingDirectorySeparator(source) + BesideMark + System.IO.Path.GetFileName(run);
        Directory.CreateDirectory(run);
        File.WriteAllText(System.IO.Path.Combine(run, BesideName), folder);
        try
        {
            Directory.CreateDirectory(folder);
            return folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            File.Delete(System.IO.Path.Combine(run, BesideName));
            return null;
        }
    }

    private static List<ShadowFile> RewriteAll(
        string source, string folder, Predicate<string> isCopy, List<string> assemblies, RewriteCache cache, AssemblySelection selection, Action<int, int>? progress)
    {
        var files = new ConcurrentBag<ShadowFile>();
        KnownFiles known = cache.KnownIn(source);
        int done = 0;
        List<string> unknown = [];
        foreach (string path in assemblies)
        {
            if (known.Has(path))
            {
                Take(path); // only a link or two: threads would cost more than they save
            }
            else
            {
                unknown.Add(path);
            }
        }

        if (unknown.Count > 0)
        {
            TakeAll(unknown, Take);
        }

        known.Save();
        return [.. files.OrderBy(static file => file.Path, StringComparer.Ordinal)];

        void Take(string path)
        {
            bool isList = path.EndsWith(DependencyFile.Extension, StringComparison.Ordinal);
            if (isList || selection.Takes(path))
            {
                (RewriteResult result, string entry) = cache.Get(path, known);
                if (result.State == RewriteState.Rewritten)
                {
                    string target = System.IO.Path.Combine(folder, System.IO.Path.GetRelativePath(source, path));
                    Put(System.IO.Path.Combine(entry, System.IO.Path.GetFileName(path)), target, isCopy(path));
                    string symbols = System.IO.Path.ChangeExtension(System.IO.Path.Combine(entry, System.IO.Path.GetFileName(path)), ".pdb");
                    if (File.Exists(symbols))
                    {
                        Put(symbols, System.IO.Path.ChangeExtension(target, ".pdb"), isCopy(System.IO.Path.ChangeExtension(path, ".pdb")));
                    }
                }

                if (!isList)
                {
                    files.Add(new ShadowFile(path, result));
                }
            }

            progress?.Invoke(Interlocked.Increment(ref done), assemblies.Count);
        }
    }

    private static void TakeAll(List<string> paths, Action<string> take)
    {
        try
        {
            Parallel.ForEach(paths, take);
        }
        catch (AggregateException all) when (all.InnerExceptions[0] is ToolException refused)
        {
            throw new ToolException(refused.Message, refused); // a full disk affects all of them
        }
    }

    private static void Put(string file, string target, bool isCopy)
    {
        File.Delete(target); // removes the link or the copy in the mirror
        if (isCopy)
        {
            File.Copy(file, target);
        }
        else
        {
            File.CreateSymbolicLink(target, file);
        }
    }

    private static void Mirror(
        string source, string target, Predicate<string> isCopy, IReadOnlyList<string>? folders, List<string> assemblies, ref int count, int depth)
    {
        if (depth > MostDepth)
        {
            return; // a circular link; nothing of a program is nested this deeply
        }

        Directory.CreateDirectory(target);
        foreach (string entry in Directory.EnumerateFileSystemEntries(source))
        {
            string place = System.IO.Path.Combine(target, System.IO.Path.GetFileName(entry));
            if (Directory.Exists(entry))
            {
                if (folders is null || folders.Contains(System.IO.Path.GetFileName(entry)))
                {
                    Mirror(entry, place, isCopy, null, assemblies, ref count, depth + 1);
                }

                continue;
            }

            if (++count > MostFiles)
            {
                throw new ToolException($"{source} has more than {MostFiles} files: name the folder of the program alone.");
            }

            if (isCopy(entry))
            {
                File.Copy(entry, place);
            }
            else
            {
                File.CreateSymbolicLink(place, entry);
            }

            if (System.IO.Path.GetExtension(entry) is ".dll" or ".exe")
            {
                assemblies.Add(entry);
            }
        }
    }

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Delete(string run)
    {
        try
        {
            string note = System.IO.Path.Combine(run, BesideName);
            if (File.Exists(note) && File.ReadAllText(note) is var beside && beside.EndsWith(BesideMark + System.IO.Path.GetFileName(run), StringComparison.Ordinal)
                && Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true); // deletes links, never their targets
            }

            if (Directory.Exists(run))
            {
                Directory.Delete(run, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next run will try again.
        }
    }
}
