using System.Globalization;
using System.Text;

namespace FenceKit.Exploration;

/// <summary>A schedule as a short text: "A3Ba2" is three steps of the first thread, one of the second, two flushes of the first one's writes.</summary>
internal static class ScheduleText
{
    private const string TotalStoreOrderPrefix = "tso:";

    public static string Format(ReadOnlySpan<byte> actors, int threadCount, MemoryModel memory)
    {
        var text = new StringBuilder(memory == MemoryModel.TotalStoreOrder ? TotalStoreOrderPrefix : string.Empty);
        for (int i = 0; i < actors.Length;)
        {
            int start = i;
            while (i < actors.Length && actors[i] == actors[start])
            {
                i++;
            }

            int actor = actors[start];
            text.Append((char)(actor < threadCount ? 'A' + actor : 'a' + actor - threadCount));
            if (i - start > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"{i - start}");
            }
        }

        return text.ToString();
    }

    public static (IReadOnlyList<int> Actors, MemoryModel Memory) Parse(string text, int threadCount)
    {
        bool hasStoreBuffers = text.StartsWith(TotalStoreOrderPrefix, StringComparison.Ordinal);
        string steps = hasStoreBuffers ? text[TotalStoreOrderPrefix.Length..] : text;
        var actors = new List<int>();
        for (int i = 0; i < steps.Length;)
        {
            char letter = steps[i++];
            int start = i;
            while (i < steps.Length && char.IsAsciiDigit(steps[i]))
            {
                i++;
            }

            int count = i == start ? 1 : int.Parse(steps.AsSpan(start, i - start), CultureInfo.InvariantCulture);
            int actor = char.IsAsciiLetterUpper(letter) ? letter - 'A' : letter - 'a' + threadCount;
            if (!char.IsAsciiLetter(letter) || actor >= 2 * threadCount)
            {
                throw new FormatException($"'{letter}' in \"{text}\" names no thread of this scenario.");
            }

            actors.AddRange(Enumerable.Repeat(actor, count));
        }

        return (actors, hasStoreBuffers ? MemoryModel.TotalStoreOrder : MemoryModel.SequentiallyConsistent);
    }
}
