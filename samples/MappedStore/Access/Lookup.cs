// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.MappedStore.Access;

/// <summary>Where a key stands.</summary>
internal readonly record struct Lookup(int Segment, int Index);
