// syncctl: what an operator sees and does, on a clinic and on the hub.
//
// It keeps nothing and decides nothing: each command is one request to the daemon of this
// machine, over the daemon's Unix socket, and one answer shown.

import Foundation

// A reader that goes away (`syncctl … | head`) ends the output, not the program's exit status.
signal(SIGPIPE, SIG_IGN)

await Syncctl.runToEnd()
