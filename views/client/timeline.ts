/** The timeline of `/trace`; without it the page explains itself. */
import { TimelineApp } from './timeline/app.js'

const root = document.getElementById('timeline')
if (root !== null) void new TimelineApp(root).start()
