// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Unicode;

namespace FenceKit;

/// <summary>
/// The faults in the page of a shared timeline: a ring of records, one for each run of points that failed together. There is one writer, and
/// any number of readers in other processes. A reader that is too late detects that records were overwritten.
/// </summary>
/// <remarks>
/// <code>
/// offset    content                              a record
/// 192       number of records ever written       0   its number + 1; 0 while it is written
/// 256 …     the ring: record n is at n % Slots    8   the first point    16  the last point
///                                                24  code    28  bytes of text, -1 when the outcome is unknown    32  the text, UTF-8
/// </code>
/// <code>
/// producer                                   consumer
/// --------                                   --------
/// record's number = 0, then a full barrier   completed = the counter
/// writes the record                          count = Count: includes all records of points up to completed
/// record's number = n + 1                    number == n + 1? otherwise it was overwritten, or is being written
/// count = n + 1                              copies the record
/// the counter = the last point               number == n + 1, still? otherwise the copy is torn
/// </code>
/// The reader does not trust the writer: it copies a record first, and validates the copy.
/// </remarks>
internal readonly struct SharedFaults(SharedWords words)
{
    /// <summary>The number of records, which is how far a consumer may fall behind without losing an outcome.</summary>
    internal const int Slots = 16;

    private const int CountAt = 192;
    private const int FirstRecordAt = 256;
    private const int RecordBytes = (SharedWords.Bytes - FirstRecordAt) / Slots;
    private const int FirstAt = 8;
    private const int LastAt = 16;
    private const int CodeAt = 24;
    private const int LengthAt = 28;
    private const int TextAt = 32;
    private const int TextBytes = RecordBytes - TextAt;
    private const int UnknownOutcome = -1;

    internal enum Reading
    {
        /// <summary>The record was overwritten, or is being written.</summary>
        Torn = 0,

        /// <summary>The record is invalid; no correct producer writes it.</summary>
        Nonsense = 1,

        Read = 2,
    }

    /// <summary>A run of points that failed together.</summary>
    /// <param name="First">The first point.</param>
    /// <param name="Last">The last point.</param>
    /// <param name="Code">The HResult of the error.</param>
    /// <param name="Text">The text of the error; null when the producer itself no longer knows the outcome.</param>
    internal readonly record struct Fault(ulong First, ulong Last, int Code, string? Text);

    /// <summary>The number of records ever written, according to the page.</summary>
    internal ulong Count => Volatile.Read(ref words.Long(CountAt));

    /// <summary>Writes a record. Called only by the producer, by one thread at a time.</summary>
    /// <param name="number">The number of records that were written before.</param>
    /// <param name="fault">The content; a text that is too long is cut off.</param>
    internal void Write(ulong number, in Fault fault)
    {
        int at = At(number);
        Volatile.Write(ref words.Long(at), 0);
        Interlocked.MemoryBarrier(); // before the stores below: no reader accepts new content under the old number; pairs with the barrier in TryRead
        words.Long(at + FirstAt) = fault.First;
        words.Long(at + LastAt) = fault.Last;
        words.Int(at + CodeAt) = fault.Code;
        int length = UnknownOutcome;
        if (fault.Text is not null)
        {
            Utf8.FromUtf16(fault.Text, words.BytesAt(at + TextAt, TextBytes), out _, out length); // stops at the last complete character
        }

        words.Int(at + LengthAt) = length;
        Volatile.Write(ref words.Long(at), number + 1);
        Volatile.Write(ref words.Long(CountAt), number + 1);
    }

    /// <summary>Reads and validates one record.</summary>
    internal Reading TryRead(ulong number, out Fault fault)
    {
        int at = At(number);
        fault = default;
        if (Volatile.Read(ref words.Long(at)) != number + 1)
        {
            return Reading.Torn;
        }

        ulong first = words.Long(at + FirstAt);
        ulong last = words.Long(at + LastAt);
        int code = words.Int(at + CodeAt);
        int length = words.Int(at + LengthAt);
        Span<byte> text = stackalloc byte[TextBytes];
        words.BytesAt(at + TextAt, TextBytes).CopyTo(text);
        Interlocked.MemoryBarrier(); // the copies are taken before the second read of the number; pairs with the barrier in Write
        if (Volatile.Read(ref words.Long(at)) != number + 1)
        {
            return Reading.Torn;
        }

        if (first == 0 || first > last || length < UnknownOutcome || length > TextBytes)
        {
            return Reading.Nonsense;
        }

        fault = new Fault(first, last, code, length == UnknownOutcome ? null : Clean(text[..length]));
        return Reading.Read;
    }

    private static int At(ulong number) => FirstRecordAt + ((int)(number % Slots) * RecordBytes);

    /// <summary>Decodes a text of another process for messages and logs: replaces invalid bytes and control characters.</summary>
    private static string Clean(ReadOnlySpan<byte> text) =>
        string.Create(Encoding.UTF8.GetCharCount(text), text, static (characters, bytes) =>
        {
            Encoding.UTF8.GetChars(bytes, characters);
            foreach (ref char character in characters)
            {
                if (char.IsControl(character))
                {
                    character = ' ';
                }
            }
        });
}
