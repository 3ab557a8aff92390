// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>One file of the program, and what became of it.</summary>
internal sealed record ShadowFile(string Path, RewriteResult Result);

/// <summary>
/// A folder that looks like that of the program, with the rewritten assemblies in place of the originals: links to the rest. Nothing is written into the program's
/// own folder. Each run has one of its own, so that runs side by side do not meet. It lies in the cache, or beside the program's where that one's place matters.
/// </summary>
internal sealed class ShadowFolder : IDisposable
{
    private const int MostFiles = 50_000;
    private const int MostDepth = 32;
    private const string BesideName = "beside.txt"; // in the folder of the run: where else something is to be removed
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

    /// <summary>The assemblies that were looked at.</summary>
    public IReadOnlyList<ShadowFile> Files { get; }

    /// <summary>Mirrors a folder.</summary>
    /// <param name="source">The program's folder.</param>
    /// <param name="real">Files that must not be links: the runtime's host follows those.</param>
    /// <param name="cache">Where rewritten assemblies are.</param>
    /// <param name="selection">Which are rewritten.</param>
    /// <param name="progress">Told after each assembly how many of how many are done.</param>
    /// <param name="topFolders">Which folders directly below are mirrored; null for all.</param>
    /// <param name="isBeside">
    /// Whether it is to lie beside the program's, with the same folders above, for tests look for their data there. Assemblies and symbols are copies in it: what measures
    /// coverage writes into them, and through a link it would write into the program's own or into the cache.
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

    /// <summary>Removes what runs have left that were killed: their process is gone.</summary>
    /// <returns>How many there were.</returns>
    public static int RemoveAbandoned()
    {
        RemoveAbandoned(RewriteCache.Making); // half an assembly is nobody's loss
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

    // Written down before it is made, so that whoever comes after a kill finds it. Null where nothing can be made there.
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
                Take(path); // a link or two: threads would cost more than they bring
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
            throw new ToolException(refused.Message, refused); // the same disk is full for each of them
        }
    }

    private static void Put(string file, string target, bool isCopy)
    {
        File.Delete(target); // the link, or the copy, in the shadow
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
            return; // a link that leads back; what is so deep is no part of a program
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
                Directory.Delete(beside, recursive: true); // of links the links, never what they lead to
            }

            if (Directory.Exists(run))
            {
                Directory.Delete(run, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next run tries again.
        }
    }
}
