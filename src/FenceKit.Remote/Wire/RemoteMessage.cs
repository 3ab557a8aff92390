// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace FenceKit.Remote;

/// <summary>A validated message, and methods that write messages.</summary>
/// <remarks>
/// <para>Little-endian. The header, 64 bytes: <c>0x46 0x4b</c>, version, kind, four zeros, domain (8), node (16), incarnation (8), epoch (8),
/// membership (8), number (8). Then by kind: Join, the node's name in UTF-8, at most 64 bytes. Grant: lease in ticks (8), the highest number that was
/// given to an invalidation (8), and 25 bytes for each one that is open: number, start, end, reason. Schedule: start, end, reason. End: 1 when
/// committed, 0 when backed off. The others: nothing.</para>
/// <para>Every client of the engine can send anything. Bytes without exactly the length of their kind, of another version or domain, or
/// with an empty range, an unknown reason or an impossible lease are not a message. A receiver then compares epoch, membership, incarnation
/// and number with its own.</para>
/// </remarks>
internal readonly ref struct RemoteMessage
{
    internal const int MaxNameLength = 64;
    internal const int MaxOpen = 1024;

    private const byte Version = 1;
    private const int HeaderLength = 64;
    private const int RangeLength = 17;
    private const int InvalidationLength = 8 + RangeLength;
    private const int GrantLength = 16;

    private readonly ReadOnlySpan<byte> _payload;

    private RemoteMessage(RemoteMessageHeader header, ReadOnlySpan<byte> payload)
    {
        Header = header;
        _payload = payload;
    }

    internal RemoteMessageHeader Header { get; }

    /// <summary>Valid for a Join only: the name of the node, for people.</summary>
    internal string Name => Encoding.UTF8.GetString(_payload);

    /// <summary>Valid for a Grant only.</summary>
    internal TimeSpan Lease => new(BinaryPrimitives.ReadInt64LittleEndian(_payload));

    /// <summary>Valid for a Grant only: invalidations up to this number that the grant does not list have ended.</summary>
    internal ulong Highest => BinaryPrimitives.ReadUInt64LittleEndian(_payload[8..]);

    /// <summary>Valid for a Grant only: the number of open invalidations.</summary>
    internal int OpenCount => (_payload.Length - GrantLength) / InvalidationLength;

    /// <summary>Valid for an End only.</summary>
    internal bool IsCommitted => _payload[0] == 1;

    /// <summary>Valid for a Schedule only.</summary>
    internal RemoteInvalidation Invalidation => ReadInvalidation(Header.Number, _payload);

    internal static int LengthOfGrant(int openCount) => HeaderLength + GrantLength + (openCount * InvalidationLength);

    internal const int LengthOfSchedule = HeaderLength + RangeLength;

    internal const int LengthOfJoin = HeaderLength + MaxNameLength;

    /// <summary>Valid for a Grant only.</summary>
    internal RemoteInvalidation GetOpen(int index)
    {
        ReadOnlySpan<byte> open = _payload.Slice(GrantLength + (index * InvalidationLength), InvalidationLength);
        return ReadInvalidation(BinaryPrimitives.ReadUInt64LittleEndian(open), open[8..]);
    }

    /// <summary>Reads a message. False when the bytes are not a message of this domain in a known version.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, ulong domain, out RemoteMessage message)
    {
        message = default;
        if (bytes.Length < HeaderLength
            || bytes[0] != 'F' || bytes[1] != 'K' || bytes[2] != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != 0
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != domain)
        {
            return false;
        }

        RemoteMessageHeader header = new(
            (RemoteMessageKind)bytes[3],
            BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]));
        message = new RemoteMessage(header, bytes[HeaderLength..]);
        return message.IsValid();
    }

    internal static int Write(Span<byte> into, ulong domain, in RemoteMessageHeader header)
    {
        into[0] = (byte)'F';
        into[1] = (byte)'K';
        into[2] = Version;
        into[3] = (byte)header.Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], domain);
        BinaryPrimitives.WriteUInt128LittleEndian(into[16..], header.Node);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], header.Incarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(into[40..], header.Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(into[48..], header.Membership);
        BinaryPrimitives.WriteUInt64LittleEndian(into[56..], header.Number);
        return HeaderLength;
    }

    /// <param name="into">At least <see cref="LengthOfJoin"/> bytes.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="header">The header.</param>
    /// <param name="name">The name in UTF-8.</param>
    internal static int WriteJoin(Span<byte> into, ulong domain, in RemoteMessageHeader header, ReadOnlySpan<byte> name)
    {
        int length = Write(into, domain, in header);
        name.CopyTo(into[length..]);
        return length + name.Length;
    }

    /// <summary>Writes a Grant without the open invalidations; see <see cref="WriteOpen"/>.</summary>
    internal static void WriteGrant(Span<byte> into, ulong domain, in RemoteMessageHeader header, TimeSpan lease, ulong highest)
    {
        Span<byte> payload = into[Write(into, domain, in header)..];
        BinaryPrimitives.WriteInt64LittleEndian(payload, lease.Ticks);
        BinaryPrimitives.WriteUInt64LittleEndian(payload[8..], highest);
    }

    /// <summary>Writes one of the open invalidations of a Grant.</summary>
    internal static void WriteOpen(Span<byte> into, int index, in RemoteInvalidation invalidation)
    {
        Span<byte> open = into[LengthOfGrant(index)..];
        BinaryPrimitives.WriteUInt64LittleEndian(open, invalidation.Number);
        WriteRange(open[8..], in invalidation);
    }

    internal static int WriteSchedule(Span<byte> into, ulong domain, in RemoteMessageHeader header, in RemoteInvalidation invalidation)
    {
        WriteRange(into[Write(into, domain, in header)..], in invalidation);
        return LengthOfSchedule;
    }

    internal static int WriteEnd(Span<byte> into, ulong domain, in RemoteMessageHeader header, bool isCommitted)
    {
        int length = Write(into, domain, in header);
        into[length] = isCommitted ? (byte)1 : (byte)0;
        return length + 1;
    }

    private bool IsValid() => Header.Kind switch
    {
        RemoteMessageKind.Join => _payload.Length <= MaxNameLength && IsText(_payload),
        RemoteMessageKind.Renew or RemoteMessageKind.Acknowledge or RemoteMessageKind.Leave or RemoteMessageKind.Expel => _payload.IsEmpty,
        RemoteMessageKind.Schedule => _payload.Length == RangeLength && IsInvalidation(_payload),
        RemoteMessageKind.End => _payload.Length == 1 && _payload[0] <= 1,
        RemoteMessageKind.Grant => IsGrant(),
        _ => false,
    };

    private bool IsGrant()
    {
        if (_payload.Length < GrantLength || (_payload.Length - GrantLength) % InvalidationLength != 0 || OpenCount > MaxOpen || Lease <= TimeSpan.Zero)
        {
            return false;
        }

        for (int index = 0; index < OpenCount; index++)
        {
            if (!IsInvalidation(_payload.Slice(GrantLength + (index * InvalidationLength) + 8, RangeLength)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name is safe to show to people and in logs: no character may end a line or move a cursor.</summary>
    internal static bool IsText(ReadOnlySpan<byte> name)
    {
        while (!name.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(name, out Rune rune, out int length) != System.Buffers.OperationStatus.Done || Rune.IsControl(rune))
            {
                return false;
            }

            name = name[length..];
        }

        return true;
    }

    private static bool IsInvalidation(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) < BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])
        && bytes[16] <= BitOperations.Log2((uint)InvalidationReason.Exclusive); // a Release is sent to nodes as a Discard

    private static RemoteInvalidation ReadInvalidation(ulong number, ReadOnlySpan<byte> bytes) => new(
        number,
        new AddressRange(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..])),
        (InvalidationReason)(1 << bytes[16]));

    private static void WriteRange(Span<byte> into, in RemoteInvalidation invalidation)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(into, invalidation.Range.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], invalidation.Range.End);
        into[16] = (byte)BitOperations.Log2((uint)invalidation.Reason); // the number of the reason
    }
}
