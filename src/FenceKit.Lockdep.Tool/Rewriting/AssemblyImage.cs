// SPDX-License-Identifier: MIT
using System.Reflection.PortableExecutable;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>The kind of a file, as far as it matters for rewriting.</summary>
internal enum ImageKind
{
    /// <summary>Not an assembly: a native library, or any other file.</summary>
    NotManaged,

    /// <summary>Only IL code.</summary>
    IntermediateLanguage,

    /// <summary>IL code with precompiled native code, which can be dropped.</summary>
    ReadyToRun,

    /// <summary>Native code without IL (C++/CLI).</summary>
    Mixed,
}

/// <summary>Reads the headers of a file.</summary>
internal static class AssemblyImage
{
    private const uint ReadyToRunSignature = 0x00525452; // "RTR" and a zero

    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ImageKind KindOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        try
        {
            using var reader = new PEReader(stream);
            if (!reader.HasMetadata || reader.PEHeaders.CorHeader is not { } header)
            {
                return ImageKind.NotManaged;
            }

            if (header.ManagedNativeHeaderDirectory.Size > 0)
            {
                return IsReadyToRun(reader, header.ManagedNativeHeaderDirectory) ? ImageKind.ReadyToRun : ImageKind.Mixed;
            }

            return (header.Flags & CorFlags.ILOnly) != 0 ? ImageKind.IntermediateLanguage : ImageKind.Mixed;
        }
        catch (BadImageFormatException)
        {
            return ImageKind.NotManaged;
        }
    }

    private static bool IsReadyToRun(PEReader reader, DirectoryEntry directory)
    {
        PEMemoryBlock block = reader.GetSectionData(directory.RelativeVirtualAddress);
        return block.Length >= sizeof(uint) && block.GetReader().ReadUInt32() == ReadyToRunSignature;
    }
}
