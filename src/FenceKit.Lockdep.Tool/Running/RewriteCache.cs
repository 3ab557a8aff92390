// SPDX-License-Identifier: MIT
using System.Security.Cryptography;
using System.Text;
using FenceKit.Lockdep.Tool.Rewriting;

namespace FenceKit.Lockdep.Tool.Running;

/// <summary>
/// A cache of rewritten assemblies, keyed by the contents of the original and its symbols and by the version of the tool. An entry is
/// created elsewhere and then moved into place, so a second process finds it complete, and a killed tool leaves no incomplete entry. Thread
/// safe, also between processes.
/// </summary>
internal sealed class RewriteCache : IDisposable
{
    public const string FolderVariableName = "FENCEKIT_LOCKDEP_CACHE";
    private const string ResultName = "result.txt";
    private readonly string _folder;
    private readonly Lazy<AssemblyRewriter> _rewriter; // not even loaded if everything is cached

    private RewriteCache(string folder, string runtimePath)
    {
        _folder = folder;
        // A native tool has no assemblies of the framework of its own, in which what the program refers to could be looked up.
        _rewriter = new Lazy<AssemblyRewriter>(() => new AssemblyRewriter(runtimePath, InstalledRuntime.Found is { } installed ? [installed.Framework] : []));
    }

    /// <summary>The folder of this user for rewritten assemblies and for the folders of runs.</summary>
    public static string Root =>
        Environment.GetEnvironmentVariable(FolderVariableName) is { Length: > 0 } named
            ? Path.GetFullPath(named)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "fencekit-lockdep");

    /// <summary>The folder in which entries are created; the name of each begins with the process id.</summary>
    public static string Making => Path.Combine(Root, "making");

    /// <summary>Opens the cache of this version of the tool.</summary>
    /// <param name="runtimePath">The assembly that rewritten code calls.</param>
    /// <exception cref="ToolException">The folder cannot be written.</exception>
    public static RewriteCache Open(string runtimePath)
    {
        // The output depends on both assemblies.
        string tool = typeof(RewriteCache).Module.ModuleVersionId.ToString("n");
        var versions = KnownFiles.Read(Path.Combine(Root, "versions", tool), runtimePath);
        string version = versions.KeyOf(runtimePath, path => KeyOf(path, tool));
        versions.Save();
        string folder = Path.Combine(Root, "rewritten", version);
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The cache {folder} cannot be made: {exception.Message} Set {FolderVariableName} to a folder that can be written.");
        }

        return new RewriteCache(folder, runtimePath);
    }

    /// <summary>Returns the cached keys of the files in a folder.</summary>
    public KnownFiles KnownIn(string folder) => KnownFiles.Read(Path.Combine(_folder, "known"), folder);

    /// <summary>Finds or creates the rewritten form of an assembly, or of the dependency file of a program.</summary>
    /// <param name="path">The original.</param>
    /// <param name="known">The cached keys of its folder.</param>
    /// <returns>The result, and the folder with the new file if there is one.</returns>
    /// <exception cref="ToolException">The cache cannot be written.</exception>
    public (RewriteResult Result, string Folder) Get(string path, KnownFiles known)
    {
        string folder;
        try
        {
            folder = Path.Combine(_folder, known.KeyOf(path, static file => KeyOf(file, "")));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (new RewriteResult(RewriteState.LeftAlone, Reason: exception.Message), "");
        }

        if (Read(folder) is { } made)
        {
            return (made, folder);
        }

        try
        {
            return (Make(path, folder), folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ToolException($"The cache {_folder} cannot be written: {exception.Message} Make room, or set {FolderVariableName} to another folder.");
        }
    }

    public void Dispose()
    {
        if (_rewriter.IsValueCreated)
        {
            _rewriter.Value.Dispose();
        }
    }

    private static string KeyOf(string path, string version)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(version));
        hash.AppendData(SHA256.HashData(File.ReadAllBytes(path)));
        string symbols = Path.ChangeExtension(path, ".pdb");
        if (File.Exists(symbols))
        {
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(symbols)));
        }

        return $"{Path.GetFileNameWithoutExtension(path)}-{Convert.ToHexStringLower(hash.GetHashAndReset())[..24]}";
    }

    private static RewriteResult? Read(string folder)
    {
        try
        {
            return RewriteResult.Parse(File.ReadAllText(Path.Combine(folder, ResultName)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private RewriteResult Make(string path, string folder)
    {
        string partial = Path.Combine(Making, $"{Environment.ProcessId}-{Guid.NewGuid():n}");
        Directory.CreateDirectory(partial);
        try
        {
            string output = Path.Combine(partial, Path.GetFileName(path));
            RewriteResult result = path.EndsWith(DependencyFile.Extension, StringComparison.Ordinal) ? DependencyFile.Rewrite(path, output) : _rewriter.Value.Rewrite(path, output);
            File.WriteAllText(Path.Combine(partial, ResultName), result.ToText());
            try
            {
                Directory.Move(partial, folder);
            }
            catch (IOException) when (Read(folder) is not null)
            {
                // Another run has created the same entry first.
            }

            return Read(folder) ?? throw new IOException($"{folder} is not whole.");
        }
        finally
        {
            if (Directory.Exists(partial))
            {
                Directory.Delete(partial, recursive: true);
            }
        }
    }
}
