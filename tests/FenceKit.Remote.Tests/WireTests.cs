// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests;

/// <summary>Messages come from an engine that anybody may write to.</summary>
public class WireTests
{
    private const ulong Domain = 0x1234_5678_9abc_def0;

    private static readonly RemoteInvalidation s_invalidation = new(7, new AddressRange(10, 20), InvalidationReason.Migrate);

    public static TheoryData<byte> Kinds => [1, 2, 3, 4, 16, 17, 18, 19];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_is_read(byte kind)
    {
        byte[] bytes = Write(kind);
        Assert.True(RemoteMessage.TryRead(bytes, Domain, out RemoteMessage message));
        Assert.Equal(HeaderOf(kind), message.Header);
        switch (message.Header.Kind)
        {
            case RemoteMessageKind.Join:
                Assert.Equal("näme", message.Name);
                break;
            case RemoteMessageKind.Schedule:
                Assert.Equal(s_invalidation with { Number = 6 }, message.Invalidation);
                break;
            case RemoteMessageKind.End:
                Assert.True(message.IsCommitted);
                break;
            case RemoteMessageKind.Grant:
                Assert.Equal(TimeSpan.FromSeconds(10), message.Lease);
                Assert.Equal(99UL, message.Highest);
                Assert.Equal(2, message.OpenCount);
                Assert.Equal(s_invalidation, message.GetOpen(1));
                break;
            default:
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_message_of_another_length_is_none(byte kind)
    {
        byte[] bytes = Write(kind);
        for (int length = 0; length < bytes.Length; length++)
        {
            bool isAnother = kind == 1 ? length < 64 || length == 66 : kind == 16 ? (length - 80) % 25 != 0 || length < 80 : true; // 66: half of an umlaut
            if (isAnother)
            {
                Assert.False(RemoteMessage.TryRead(bytes.AsSpan(0, length), Domain, out _), $"{length} of {bytes.Length} bytes");
            }
        }

        Assert.False(RemoteMessage.TryRead([.. bytes, .. new byte[65]], Domain, out _));
    }

    [Fact]
    public void Another_version_domain_or_kind_is_no_message()
    {
        Assert.False(RemoteMessage.TryRead(Write(2), Domain + 1, out _));
        Assert.False(RemoteMessage.TryRead(Changed(2, 0, 'G'), Domain, out _));
        Assert.False(RemoteMessage.TryRead(Changed(2, 2, 2), Domain, out _));
        Assert.False(RemoteMessage.TryRead(Changed(2, 5, 1), Domain, out _));
        foreach (int kind in (int[])[0, 5, 15, 20, 255])
        {
            Assert.False(RemoteMessage.TryRead(Changed(2, 3, kind), Domain, out _));
        }
    }

    [Fact]
    public void What_is_impossible_is_no_message()
    {
        Assert.False(RemoteMessage.TryRead(Changed(18, 64, 30), Domain, out _), "a range that ends before it begins");
        Assert.False(RemoteMessage.TryRead(Changed(18, 64, 20), Domain, out _), "an empty range");
        Assert.False(RemoteMessage.TryRead(Changed(18, 80, 5), Domain, out _), "a reason that is none");
        Assert.False(RemoteMessage.TryRead(Changed(19, 64, 2), Domain, out _), "neither committed nor not");
        Assert.False(RemoteMessage.TryRead(Changed(16, 71, 0x80), Domain, out _), "a negative lease");
        Assert.False(RemoteMessage.TryRead(Changed(16, 88, 200), Domain, out _), "an empty range in a grant");
        Assert.False(RemoteMessage.TryRead(Changed(1, 64, '\n'), Domain, out _), "a name that ends a line");
        Assert.False(RemoteMessage.TryRead(Changed(1, 64, 0xff), Domain, out _), "a name that is no text");
    }

    [Fact]
    public void A_grant_that_lists_more_than_any_owner_can_have_is_no_message()
    {
        byte[] grant = new byte[RemoteMessage.LengthOfGrant(RemoteMessage.MaxOpen + 1)];
        RemoteMessageHeader header = HeaderOf(16);
        RemoteMessage.WriteGrant(grant, Domain, in header, TimeSpan.FromSeconds(10), 99);
        for (int index = 0; index <= RemoteMessage.MaxOpen; index++)
        {
            RemoteMessage.WriteOpen(grant, index, in s_invalidation);
        }

        Assert.False(RemoteMessage.TryRead(grant, Domain, out _));
        Assert.True(RemoteMessage.TryRead(grant.AsSpan(0, RemoteMessage.LengthOfGrant(RemoteMessage.MaxOpen)), Domain, out _));
    }

    [Fact]
    public void Nothing_that_can_be_sent_makes_a_party_throw()
    {
        Random random = new(1);
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = Write(((byte[])[1, 2, 3, 4, 16, 17, 18, 19])[random.Next(8)]);
            for (int change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (RemoteMessage.TryRead(bytes.AsSpan(0, random.Next(bytes.Length + 1)), Domain, out RemoteMessage message)
                && message.Header.Kind == RemoteMessageKind.Grant)
            {
                for (int index = 0; index < message.OpenCount; index++)
                {
                    _ = message.GetOpen(index);
                }
            }
        }
    }

    private static byte[] Changed(byte kind, int index, int value)
    {
        byte[] bytes = Write(kind);
        bytes[index] = (byte)value;
        return bytes;
    }

    private static RemoteMessageHeader HeaderOf(byte kind) => new((RemoteMessageKind)kind, (UInt128)2 << 100, 3, 4, 5, 6);

    private static byte[] Write(byte kind)
    {
        byte[] bytes = new byte[1024];
        RemoteMessageHeader header = HeaderOf(kind);
        int length;
        switch (header.Kind)
        {
            case RemoteMessageKind.Join:
                length = RemoteMessage.WriteJoin(bytes, Domain, in header, "näme"u8);
                break;
            case RemoteMessageKind.Schedule:
                length = RemoteMessage.WriteSchedule(bytes, Domain, in header, in s_invalidation);
                break;
            case RemoteMessageKind.End:
                length = RemoteMessage.WriteEnd(bytes, Domain, in header, isCommitted: true);
                break;
            case RemoteMessageKind.Grant:
                RemoteMessage.WriteGrant(bytes, Domain, in header, TimeSpan.FromSeconds(10), 99);
                RemoteMessage.WriteOpen(bytes, 0, in s_invalidation);
                RemoteMessage.WriteOpen(bytes, 1, in s_invalidation);
                length = RemoteMessage.LengthOfGrant(2);
                break;
            default:
                length = RemoteMessage.Write(bytes, Domain, in header);
                break;
        }

        return bytes[..length];
    }
}
