// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace FenceKit.Remote;

/// <summary>A validated message: a request for an invalidation, or an answer to one.</summary>
/// <remarks>
/// <para>Little-endian. The header, 40 bytes: <c>0x46 0x52</c>, version, kind, a number by kind (4), domain (8), requester (16), number (8). A Request: its number
/// is the budget in milliseconds, and start and end of the range follow. An answer: its number is how many are pending altogether, and of the first ones
/// the names follow, each a length (1) and at most 64 bytes of UTF-8.</para>
/// <para>Bytes without exactly the length of their kind, of another version or domain, or with control characters in a name are not a
/// message.</para>
/// </remarks>
internal readonly ref struct RequestMessage
{
    internal const int MostNames = 16;
    internal const int MaxLength = HeaderLength + (MostNames * (1 + RemoteMessage.MaxNameLength));

    private const byte Version = 1;
    private const int HeaderLength = 40;
    private const int RangeLength = 16;

    private readonly ReadOnlySpan<byte> _payload;

    private RequestMessage(ReadOnlySpan<byte> bytes)
    {
        Kind = (RequestMessageKind)bytes[3];
        Value = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        Requester = BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]);
        Number = BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]);
        _payload = bytes[HeaderLength..];
    }

    internal RequestMessageKind Kind { get; }

    internal UInt128 Requester { get; }

    internal ulong Number { get; }

    /// <summary>Valid for a Request only.</summary>
    internal TimeSpan Budget => TimeSpan.FromMilliseconds(Value);

    /// <summary>Valid for a Request only.</summary>
    internal AddressRange Range =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(_payload), BinaryPrimitives.ReadUInt64LittleEndian(_payload[8..]));

    private uint Value { get; }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, ulong domain, out RequestMessage message)
    {
        message = default;
        if (bytes.Length is < HeaderLength or > MaxLength
            || bytes[0] != 'F' || bytes[1] != 'R' || bytes[2] != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != domain)
        {
            return false;
        }

        message = new RequestMessage(bytes);
        return message.Kind switch
        {
            RequestMessageKind.Request => message.IsRequest(),
            RequestMessageKind.Completed => message is { Value: 0, _payload.IsEmpty: true },
            RequestMessageKind.Working or RequestMessageKind.Pending or RequestMessageKind.Faulted => message.TryReadNames(null),
            _ => false,
        };
    }

    internal static int WriteRequest(Span<byte> into, ulong domain, UInt128 requester, ulong number, TimeSpan budget, AddressRange range)
    {
        int length = WriteHeader(into, RequestMessageKind.Request, (uint)Math.Clamp(Math.Ceiling(budget.TotalMilliseconds), 0, uint.MaxValue), domain, requester, number);
        BinaryPrimitives.WriteUInt64LittleEndian(into[length..], range.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(into[(length + 8)..], range.End);
        return length + RangeLength;
    }

    /// <param name="into">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="kind">The state of the request.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="requester">The requester.</param>
    /// <param name="number">The number of the request.</param>
    /// <param name="names">The names that are waited for; names beyond the limit are left out.</param>
    internal static int WriteAnswer(
        Span<byte> into, RequestMessageKind kind, ulong domain, UInt128 requester, ulong number, IReadOnlyList<string> names)
    {
        int length = WriteHeader(into, kind, (uint)names.Count, domain, requester, number);
        Span<byte> name = stackalloc byte[RemoteMessage.MaxNameLength];
        foreach (string pending in names.Take(MostNames))
        {
            int count = 0;
            foreach (Rune rune in pending.EnumerateRunes())
            {
                Rune shown = Rune.IsControl(rune) ? Rune.ReplacementChar : rune;
                if (count + shown.Utf8SequenceLength > name.Length)
                {
                    break;
                }

                count += shown.EncodeToUtf8(name[count..]);
            }

            into[length] = (byte)count;
            name[..count].CopyTo(into[(length + 1)..]);
            length += 1 + count;
        }

        return length;
    }

    /// <summary>Valid for an answer only: the names that are waited for.</summary>
    internal string[] GetNames()
    {
        List<string> names = [];
        _ = TryReadNames(names);
        if (Value > names.Count)
        {
            names.Add($"{Value - names.Count} more");
        }

        return [.. names];
    }

    private static int WriteHeader(Span<byte> into, RequestMessageKind kind, uint value, ulong domain, UInt128 requester, ulong number)
    {
        into[0] = (byte)'F';
        into[1] = (byte)'R';
        into[2] = Version;
        into[3] = (byte)kind;
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], value);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], domain);
        BinaryPrimitives.WriteUInt128LittleEndian(into[16..], requester);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], number);
        return HeaderLength;
    }

    private bool IsRequest() =>
        _payload.Length == RangeLength
        && BinaryPrimitives.ReadUInt64LittleEndian(_payload) < BinaryPrimitives.ReadUInt64LittleEndian(_payload[8..]);

    private bool TryReadNames(List<string>? into)
    {
        ReadOnlySpan<byte> left = _payload;
        for (int index = 0; index < Math.Min(Value, MostNames); index++)
        {
            if (left.IsEmpty || left[0] > RemoteMessage.MaxNameLength || left.Length < 1 + left[0] || !RemoteMessage.IsText(left.Slice(1, left[0])))
            {
                return false;
            }

            into?.Add(Encoding.UTF8.GetString(left.Slice(1, left[0])));
            left = left[(1 + left[0])..];
        }

        return left.IsEmpty;
    }
}
