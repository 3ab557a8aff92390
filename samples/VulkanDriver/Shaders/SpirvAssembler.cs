// SPDX-License-Identifier: MIT
using System.Text;

namespace FenceKit.Samples.VulkanDriver.Shaders;

/// <summary>Writes a SPIR-V module word by word, so that nobody needs a shader compiler to build or to read the sample.</summary>
internal sealed class SpirvAssembler
{
    private const uint Magic = 0x07230203;
    private const uint Version = 0x00010300; // 1.3: storage buffers without an extension; Vulkan 1.1 and later
    private const int BoundAt = 3;

    private readonly List<uint> _words = [Magic, Version, 0, 0, 0];
    private uint _lastId;

    /// <summary>An id for something that is defined later.</summary>
    internal uint NewId() => ++_lastId;

    internal void Emit(SpirvOpcode opcode, params ReadOnlySpan<uint> operands)
    {
        _words.Add(((uint)operands.Length + 1) << 16 | (uint)opcode);
        _words.AddRange(operands);
    }

    /// <summary>An instruction without a type whose first operand is its result: types and labels.</summary>
    internal uint Define(SpirvOpcode opcode, params ReadOnlySpan<uint> operands)
    {
        uint id = NewId();
        Emit(opcode, [id, .. operands]);
        return id;
    }

    /// <summary>An instruction whose result has a type.</summary>
    internal uint Compute(SpirvOpcode opcode, uint type, params ReadOnlySpan<uint> operands)
    {
        uint id = NewId();
        Emit(opcode, [type, id, .. operands]);
        return id;
    }

    /// <summary>The words of a string: UTF-8, ended by a zero, filled up to whole words.</summary>
    internal static uint[] Literal(string text)
    {
        byte[] bytes = new byte[(Encoding.UTF8.GetByteCount(text) / sizeof(uint) + 1) * sizeof(uint)];
        Encoding.UTF8.GetBytes(text, bytes);
        uint[] words = new uint[bytes.Length / sizeof(uint)];
        Buffer.BlockCopy(bytes, 0, words, 0, bytes.Length);
        return words;
    }

    internal uint[] ToWords()
    {
        _words[BoundAt] = _lastId + 1;
        return [.. _words];
    }
}
