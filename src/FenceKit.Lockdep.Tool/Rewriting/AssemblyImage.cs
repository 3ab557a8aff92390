// SPDX-License-Identifier: MIT
using System.Reflection.PortableExecutable;

namespace FenceKit.Lockdep.Tool.Rewriting;

/// <summary>What a file is, as far as rewriting goes.</summary>
internal enum ImageKind
{
    /// <summary>No assembly at all: a native library, or something else.</summary>
    NotManaged,

    /// <summary>Code for the runtime and nothing else.</summary>
    IntermediateLanguage,

    /// <summary>The same with native code of it beside it, which can be left out.</summary>
    ReadyToRun,

    /// <summary>Native code that there is nothing else of (C++/CLI).</summary>
    Mixed,
}

/// <summary>Looks at the headers of a file.</summary>
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
