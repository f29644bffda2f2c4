using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Protocol;

/// <summary>What is known about the connection a device has now. Used on the owner's scheduler only.</summary>
/// <param name="connection">The one live connection.</param>
internal sealed class LinkSession(DeviceConnection connection)
{
    private IReadOnlyList<QrTurn> _turns = [];
    private int _turn;

    /// <summary>The live connection.</summary>
    public DeviceConnection Connection { get; } = connection;

    /// <summary>Completes when the first refs for QR codes came, or a link code succeeded.</summary>
    public TaskCompletionSource Offered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the login was accepted and that is durable.</summary>
    public TaskCompletionSource LoggedIn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server has sent its backlog.</summary>
    public TaskCompletionSource BacklogEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the code on show is no longer right; then it is replaced.</summary>
    public TaskCompletionSource CodeChanged { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a link code is wanted; then it is replaced.</summary>
    public TaskCompletionSource CodeWanted { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The link code on show, or null.</summary>
    public PendingLinkCode? LinkCode { get; private set; }

    /// <summary>Whose wish the link code fulfils.</summary>
    public CodeWish? Fulfilled { get; private set; }

    /// <summary>The passkey the server demands, or null. Then no QR is shown any more.</summary>
    public PendingPasskey? Passkey { get; private set; }

    /// <summary>A success stanza was seen: a second one is ignored.</summary>
    public bool SuccessSeen { get; set; }

    /// <summary>The login has its number in the credentials already.</summary>
    public bool IsCounted { get; set; }

    /// <summary>Pairing succeeded on this connection and that is durable.</summary>
    public bool IsPaired { get; set; }

    /// <summary>When this connection was proven open, or null.</summary>
    public DateTimeOffset? OpenedAt { get; set; }

    /// <summary>Server clock minus ours.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>The QR turn on show; null when all ran out.</summary>
    public QrTurn? Turn => _turn < _turns.Count ? _turns[_turn] : null;

    /// <summary>The last code of the round is on show, and nobody scanned.</summary>
    public bool IsLastTurn => !IsPaired && _turns.Count > 0 && _turn == _turns.Count - 1;

    /// <summary>When the turn on show ends.</summary>
    public DateTimeOffset TurnEndsAt { get; private set; }

    /// <summary>When the last turn ends; then the server closes the connection.</summary>
    public DateTimeOffset RoundEndsAt { get; private set; }

    /// <summary>The round has begun and is over so soon.</summary>
    public bool EndsWithin(TimeSpan span, DateTimeOffset now) => Offered.Task.IsCompleted && RoundEndsAt - now < span;

    /// <summary>Starts a round of QR codes.</summary>
    public void StartRound(IReadOnlyList<string> references, DateTimeOffset now)
    {
        _turns = QrRotation.Of(references);
        _turn = 0;
        TurnEndsAt = now + (Turn?.Lifetime ?? TimeSpan.Zero);
        RoundEndsAt = now + _turns.Aggregate(TimeSpan.Zero, static (sum, turn) => sum + turn.Lifetime);
        Offered.TrySetResult();
        Redraw();
    }

    /// <summary>Goes on to the next turn.</summary>
    public void NextTurn(DateTimeOffset now)
    {
        _turn++;
        TurnEndsAt = now + (Turn?.Lifetime ?? TimeSpan.Zero);
    }

    /// <summary>Puts a link code on show, or takes it away.</summary>
    public void Offer(PendingLinkCode? code, CodeWish? wish)
    {
        (LinkCode, Fulfilled) = (code, wish);
        Redraw();
    }

    /// <summary>The server demands a passkey: QR and link code are spent.</summary>
    public void Demand(PendingPasskey passkey)
    {
        (Passkey, LinkCode, Fulfilled) = (passkey, null, null);
        Offered.TrySetResult();
        Redraw();
    }

    /// <summary>Tells that a link code is to be asked for.</summary>
    public void WantCode()
    {
        var wanted = CodeWanted;
        CodeWanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        wanted.SetResult();
    }

    /// <summary>Tells that the code on show must be looked at again.</summary>
    public void Redraw()
    {
        var changed = CodeChanged;
        CodeChanged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
