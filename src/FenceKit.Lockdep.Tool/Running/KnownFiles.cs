// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Text;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// The cached keys of the files in one folder, by their stamps, so that files of an unchanged program are not read again. The list has a
/// line for each file, with the stamps first. A lost, outdated or broken list only means that the files are read again. Thread safe.
/// </summary>
internal sealed class KnownFiles
{
    private readonly string _list;
    private readonly Dictionary<string, string> _before = new(StringComparer.Ordinal); // keyed by stamps and path
    private readonly ConcurrentDictionary<string, string> _found = new(StringComparer.Ordinal);
    private bool _hasNew;

    private KnownFiles(string list) => _list = list;

    /// <summary>Reads the list of a folder.</summary>
    /// <param name="place">The folder of the lists.</param>
    /// <param name="folder">The folder of the files.</param>
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
            // There is no list yet.
        }

        return known;
    }

    /// <summary>Whether the key of a file is known without reading the file.</summary>
    public bool Has(string path) => _before.ContainsKey(NameOf(path, out _, out _));

    /// <summary>Returns the key of a file, from the list or computed now.</summary>
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

    /// <summary>Saves the list if it has changed.</summary>
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
            // The file is ignored.
        }
    }

    // FNV-1a: the same in each process, and no further assembly has to be loaded. Folders with the same hash share one list and replace
    // each other's entries.
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
