using System.Globalization;
using System.Text;

namespace FenceKit.Exploration;

/// <summary>A schedule as a short text: "A3Ba2" is three steps of the first thread, one of the second, two flushes of the first one's writes; N and up: a delayed write.</summary>
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

            text.Append(LetterOf(actors[start], threadCount));
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
            actors.AddRange(Enumerable.Repeat(ActorOf(letter, threadCount), count));
        }

        return (actors, hasStoreBuffers ? MemoryModel.TotalStoreOrder : MemoryModel.SequentiallyConsistent);
    }

    private static char LetterOf(int actor, int threadCount) => (char)((actor / threadCount) switch
    {
        0 => 'A' + actor,
        1 => 'a' + actor - threadCount,
        _ => 'N' + actor - (2 * threadCount),
    });

    private static int ActorOf(char letter, int threadCount)
    {
        for (int actor = 0; actor < 3 * threadCount; actor++)
        {
            if (LetterOf(actor, threadCount) == letter)
            {
                return actor;
            }
        }

        throw new FormatException($"'{letter}' names no thread of this scenario.");
    }
}
