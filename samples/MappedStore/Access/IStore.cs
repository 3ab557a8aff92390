// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.MappedStore.Access;

/// <summary>One way to read segments that somebody else replaces. Structs, so that a read is a direct call in the loop that is measured.</summary>
internal interface IStore
{
    /// <summary>Looks keys up, each protected by itself.</summary>
    void Read(ReadOnlySpan<Lookup> lookups, Span<ulong> values);

    /// <summary>Maps the segment anew and unmaps the old mapping; returns when the old one is closed.</summary>
    void Replace(int segment);

    void Close();
}
