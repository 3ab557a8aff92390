// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Text;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// The keys that the files of one folder had the last time, by their stamps: of a program that is unchanged nothing is read again. A line a file, the stamps first.
/// A lost, older or broken list costs a reading of the files, nothing else. Thread safe.
/// </summary>
internal sealed class KnownFiles
{
    private readonly string _list;
    private readonly Dictionary<string, string> _before = new(StringComparer.Ordinal); // by stamps and path
    private readonly ConcurrentDictionary<string, string> _found = new(StringComparer.Ordinal);
    private bool _hasNew;

    private KnownFiles(string list) => _list = list;

    /// <summary>Reads the list of a folder.</summary>
    /// <param name="place">Where lists are kept.</param>
    /// <param name="folder">The folder that the files are in.</param>
    public static KnownFiles Read(string place, string folder)
    {
        var known = new KnownFiles(Path.Combine(place, $"{HashOf(folder):x16}.txt"));
        try
        {
            foreach (string line in File.ReadAllLines(known._list))
            {
                int end = line.IndexOf('\t', StringComparison.Ordinal);
                if (end > 0)
                {
                    known._before[line[(end + 1)..]] = line[..end];
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // There is none yet.
        }

        return known;
    }

    /// <summary>Whether the key of a file is known without reading it.</summary>
    public bool Has(string path) => _before.ContainsKey(NameOf(path, out _, out _));

    /// <summary>The key of a file, as it was the last time or as it is found out now.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compute">Reads the file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public string KeyOf(string path, Func<string, string> compute)
    {
        string name = NameOf(path, out FileStamp file, out FileStamp symbols);
        if (!_before.TryGetValue(name, out string? key))
        {
            DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime; // before the file is read
            key = compute(path);
            if (!file.IsSettled(now) || !symbols.IsSettled(now))
            {
                return key;
            }

            Volatile.Write(ref _hasNew, true);
        }

        if (path.AsSpan().IndexOfAny('\n', '\r') < 0)
        {
            _found[name] = key;
        }

        return key;
    }

    /// <summary>Keeps what was found out, if anything was.</summary>
    public void Save()
    {
        if (!_hasNew)
        {
            return;
        }

        var text = new StringBuilder();
        foreach ((string name, string key) in _found)
        {
            text.Append(key).Append('\t').Append(name).Append('\n');
        }

        string partial = $"{_list}.{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_list)!);
            File.WriteAllText(partial, text.ToString());
            File.Move(partial, _list, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(partial); // the next run reads the files again
        }
    }

    private static string NameOf(string path, out FileStamp file, out FileStamp symbols)
    {
        file = FileStamp.Of(path);
        symbols = FileStamp.Of(Path.ChangeExtension(path, ".pdb"));
        return $"{file} {symbols} {path}";
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It counts for nothing.
        }
    }

    // FNV-1a: the same in each process, and nothing has to be loaded for it. Folders that meet take turns in one list.
    private static ulong HashOf(string text)
    {
        ulong hash = 14_695_981_039_346_656_037;
        foreach (char character in text)
        {
            hash = (hash ^ character) * 1_099_511_628_211;
        }

        return hash;
    }
}
