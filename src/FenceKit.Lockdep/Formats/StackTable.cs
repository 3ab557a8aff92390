// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace FenceKit.Lockdep.Formats;

/// <summary>Numbers call stacks and frames, so that each is written once.</summary>
internal sealed class StackTable
{
    private readonly Dictionary<string, int> _stackNumbers = [];
    private readonly List<int[]> _stacks = [];
    private readonly Dictionary<string, int> _frameNumbers = [];
    private readonly List<string> _frames = [];

    public int NumberOf(LockTrace? stack)
    {
        int[] frames = stack is null ? [] : [.. stack.Frames.Select(FrameNumberOf)];
        string text = string.Join(',', frames);
        if (!_stackNumbers.TryGetValue(text, out int number))
        {
            _stackNumbers.Add(text, number = _stacks.Count);
            _stacks.Add(frames);
        }

        return number;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("frames");
        foreach (string frame in _frames)
        {
            json.WriteTextValue(frame);
        }

        json.WriteEndArray();
        json.WriteStartArray("stacks");
        foreach (int[] stack in _stacks)
        {
            json.WriteStartArray();
            foreach (int frame in stack)
            {
                json.WriteNumberValue(frame);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private int FrameNumberOf(string frame)
    {
        if (!_frameNumbers.TryGetValue(frame, out int number))
        {
            _frameNumbers.Add(frame, number = _frames.Count);
            _frames.Add(frame);
        }

        return number;
    }
}
