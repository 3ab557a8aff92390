// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The one thing that every device under test must be able to do: set bytes of its memory to a value.</summary>
/// <param name="Offset">Where to begin, in bytes from the start of the memory; a multiple of <see cref="DeviceUnderTest.BlockSize"/>.</param>
/// <param name="Value">What to write into every byte of one block.</param>
/// <param name="IsHeld">Whether the command, once it runs, must not end before <see cref="DeviceUnderTest.Release"/> (or a cancellation).</param>
public readonly record struct ConformanceCommand(int Offset, byte Value, bool IsHeld = false);
