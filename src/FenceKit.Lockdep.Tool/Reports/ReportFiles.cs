// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Lockdep.Tool.Reports;

/// <summary>Reads and writes report files. A file exists completely or not at all, and an error message says what to do.</summary>
/// <remarks>Blocks. Thread safe: of two concurrent writes of the same file, one wins.</remarks>
internal sealed class ReportFiles
{
    private const long LargestFile = 1L << 30;
    private const string UnfinishedExtension = ".unfinished";
    private const int MostAttempts = 3;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Func<string, Stream> _create;

    /// <summary>Creates an object.</summary>
    /// <param name="create">Creates a new file; a test passes one that fails.</param>
    public ReportFiles(Func<string, Stream>? create = null) =>
        _create = create ?? (static path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    /// <summary>Replaces a file: writes a new file beside it, which takes over the name when all of it is on disk.</summary>
    /// <param name="path">The file. Its folder is created if it is missing.</param>
    /// <param name="text">The contents.</param>
    /// <exception cref="ToolException">The file cannot be written; an existing file is unchanged.</exception>
    public void Write(string path, string text)
    {
        try
        {
            string target = new FileInfo(path) is { LinkTarget: not null } link
                ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName
                : Path.GetFullPath(path);
            if (File.Exists(target) && WriteWhatIsNoFile(target, text))
            {
                return;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            RemoveAbandoned(target);
            int attempts = 1;
            while (!TryReplace(target, text, isLast: attempts == MostAttempts))
            {
                attempts++;
            }
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            throw new ToolException($"cannot write {path}: {Sentence(error)} {WhatToDo(error)} Nothing was left half written.", error);
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ToolException">The file cannot be read, or is not text.</exception>
    public static string Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (stream.CanSeek && stream.Length > LargestFile)
            {
                throw new ToolException($"cannot read {path}: it is larger than {LargestFile >> 20} MiB.");
            }

            using var reader = new StreamReader(stream, s_strict);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new ToolException($"cannot read {path}: it is no UTF-8 text.", error);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            throw new ToolException($"cannot read {path}: {Sentence(error)}", error);
        }
    }

    // False where another tool took the new file for one that a killed tool has left, which it may between the last byte and the new name.
    private bool TryReplace(string target, string text, bool isLast)
    {
        string unfinished = $"{target}.{Guid.NewGuid():N}{UnfinishedExtension}";
        try
        {
            WriteAndFlush(unfinished, text);
            File.Move(unfinished, target, overwrite: true);
            return true;
        }
        catch (FileNotFoundException) when (!isLast)
        {
            return false;
        }
        catch
        {
            TryDelete(unfinished);
            throw;
        }
    }

    // A tool that is killed while it writes leaves its new file. One that writes still has it open, so that it cannot be opened here. Another file of the user's
    // does not have such a name.
    private static void RemoveAbandoned(string target)
    {
        string start = Path.GetFileName(target) + ".";
        foreach (string path in Directory.EnumerateFiles(Path.GetDirectoryName(target)!))
        {
            ReadOnlySpan<char> name = Path.GetFileName(path.AsSpan());
            if (name.StartsWith(start, StringComparison.Ordinal) && name.EndsWith(UnfinishedExtension, StringComparison.Ordinal)
                && name.Length > start.Length + UnfinishedExtension.Length && Guid.TryParseExact(name[start.Length..^UnfinishedExtension.Length], "N", out _))
            {
                TryDeleteUnused(path);
            }
        }
    }

    private static void TryDeleteUnused(string path)
    {
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            // It is written still, or gone meanwhile, or belongs to somebody else: it is no matter of this report.
        }
    }

    private void WriteAndFlush(string path, string text)
    {
        using Stream stream = _create(path);
        using (var writer = new StreamWriter(stream, s_strict, leaveOpen: true))
        {
            writer.Write(text);
        }

        // Flushed before the rename: after a power failure the name must not refer to a file without contents.
        if (stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>Writes directly to a pipe or a device, which must not be replaced by a file. Rejects a read-only file.</summary>
    private static bool WriteWhatIsNoFile(string path, string text)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        if (stream.CanSeek && !path.StartsWith("/dev/", StringComparison.Ordinal))
        {
            return false;
        }

        using var writer = new StreamWriter(stream, s_strict);
        writer.Write(text);
        return true;
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (IsOfTheDisk(error))
        {
            // The first failure is the one to report.
        }
    }

    private static bool IsOfTheDisk(Exception error) =>
        error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException;

    private static string Sentence(Exception error) => error.Message.TrimEnd('.') + ".";

    private static string WhatToDo(Exception error) => error switch
    {
        UnauthorizedAccessException => "Name a file in a folder that you may write to.",
        IOException when IsDiskFull(error) => "Make room, or name a file on another disk.",
        _ => "Name another file.",
    };

    // ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL on Windows; on Unix the errno values ENOSPC, and EDQUOT of Linux and of macOS.
    private static bool IsDiskFull(Exception error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 0x70 or 0x27 : error.HResult is 28 or 122 or 69;
}
