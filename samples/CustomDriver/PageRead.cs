// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.CustomDriver;

/// <summary>The one command of this device: read one page of a file into one page of the buffer.</summary>
internal readonly record struct PageRead(int File, long Offset, int Page);
