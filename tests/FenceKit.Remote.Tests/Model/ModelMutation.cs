// SPDX-License-Identifier: MIT
namespace FenceKit.Remote.Tests.Model;

/// <summary>A rule of the protocol that the model leaves out.</summary>
public enum ModelMutation
{
    None,

    /// <summary>Rule 1: the lease runs from the receipt of the grant.</summary>
    LeaseFromReceipt,

    /// <summary>Rule 3: a member whose lease is over is renewed.</summary>
    DeadIsRenewed,

    /// <summary>Rule 4: a grant does not list what is open.</summary>
    GrantWithoutWhatIsOpen,

    /// <summary>Rule 5: an acknowledgement counts for any session.</summary>
    AnyAcknowledgement,

    /// <summary>Rule 6: a copy may be built without a lease.</summary>
    BuiltWithoutLease,

    /// <summary>Rule 6: what was being built is published though the range was invalidated meanwhile.</summary>
    PublishedUnseen,

    /// <summary>Rule 7: the range opens with the acknowledgement.</summary>
    OpenAfterAcknowledgement,

    /// <summary>Rule 9: a new owner has no grace.</summary>
    NoGrace,

    /// <summary>Rule 9: the node keeps what it has under a new owner.</summary>
    KeptUnderNewOwner,

    /// <summary>Rule 11: no room for clocks that part.</summary>
    NoMargin,

    /// <summary>Rule 12: a read does not look at the clock.</summary>
    NoLookAtTheClock,
}
