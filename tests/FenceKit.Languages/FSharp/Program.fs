open System
open FenceKit
open FenceKit.Lockdep

let range = AddressRange(0UL, 4096UL)
let budget = TimeSpan.FromSeconds 10.0
let owner = new InvalidationNotifier("pages")
let readers = new ReaderGate(owner, range, "readers")
let table = TrackedLock(LockClass.Create("Table"))
let mutable page = Some 42

// A subscriber that has nothing to finish: it hands back a fence that is complete.
let device =
    { new IInvalidationSubscriber with
        member _.TrySchedule(request, fence) =
            fence <- Fence.AlreadySignaled
            true }

let mappings = owner.Subscribe(range, device, "mappings")

let read () =
    use _scope = readers.Enter range // inside, the page stays
    match page with
    | Some value -> string value
    | None -> "gone"

let readAsync () =
    task {
        use! _lease = readers.EnterAsync(range, budget) // may be held over an await
        return read ()
    }

let publish value =
    let mutable sequence = Unchecked.defaultof<InvalidationSequence>
    let mutable scope = new PopulateScope()
    if mappings.BeginRead(range, budget, &sequence) && mappings.TryPopulate(sequence, &scope) then
        use _publishing = scope
        use _held = table.EnterScope()
        page <- Some value
        true
    else
        false

let tryFree () =
    let mutable session = Unchecked.defaultof<InvalidationSession>
    if owner.TrySchedule(range, InvalidationReason.Discard, &session) then
        use session = session
        if session.Wait budget = InvalidationOutcome.Completed then
            page <- None // nobody uses it any more
            session.Commit()
            true
        else
            false
    else
        false

printfn $"{read ()} {tryFree ()} {read ()}"
printfn $"{publish 43} {(readAsync ()).Result}"
mappings.Dispose()
readers.Dispose()
owner.Dispose()
