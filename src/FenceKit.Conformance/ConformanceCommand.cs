// SPDX-License-Identifier: MIT
namespace FenceKit.Conformance;

/// <summary>The only command of a device under test: fills one block of its memory with a value.</summary>
/// <param name="Offset">The offset of the block in bytes from the start of the memory; a multiple of <see cref="DeviceUnderTest.BlockSize"/>.</param>
/// <param name="Value">The value to write into every byte of the block.</param>
/// <param name="IsHeld">
/// Whether the command, once it has started, must not end before <see cref="DeviceUnderTest.Release"/> (or a cancellation).
/// </param>
public readonly record struct ConformanceCommand(int Offset, byte Value, bool IsHeld = false);
